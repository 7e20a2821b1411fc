/** Keys of payment and commerce services that can be told by their own form. */
import type { Rule } from "../scan/rule.ts";
import { type ExactFormat, exactRule } from "./exact_rule.ts";
import { bearerHomes, headerHomes } from "./homes.ts";

const STRIPE_HOMES = bearerHomes("api.stripe.com", "files.stripe.com", "connect.stripe.com");
const SHOPIFY_HOMES = headerHomes(
  ["x-shopify-access-token", "authorization"],
  ".myshopify.com",
);
const SQUARE_HOMES = bearerHomes("connect.squareup.com", "connect.squareupsandbox.com");
const PLAID_HOMES = bearerHomes("production.plaid.com", "sandbox.plaid.com");

const FORMATS: readonly ExactFormat[] = [
  {
    id: "stripe_secret_key",
    token: "[sr]k_(?:live|prod)_[A-Za-z0-9_]{10,250}",
    anchors: ["sk_live_", "rk_live_", "sk_prod_", "rk_prod_"],
    severity: "critical",
    homes: STRIPE_HOMES,
    description: "A live secret or restricted key of Stripe, or of a service with Stripe's form.",
    source: "https://docs.stripe.com/keys",
  },
  {
    id: "stripe_test_key",
    token: "[sr]k_test_[A-Za-z0-9_]{10,250}",
    anchors: ["sk_test_", "rk_test_"],
    severity: "medium",
    homes: STRIPE_HOMES,
    description: "A test-mode secret key of Stripe, or of a service with Stripe's form.",
    source: "https://docs.stripe.com/keys",
  },
  {
    id: "stripe_publishable_key",
    token: "pk_(?:live|test)_[A-Za-z0-9]{20,250}",
    severity: "low",
    anchors: ["pk_live_", "pk_test_"],
    homes: STRIPE_HOMES,
    description: "A publishable key of Stripe: meant for browsers.",
    source: "https://docs.stripe.com/keys",
  },
  {
    id: "shopify_token",
    token: "shp(?:at|ca|pa|ss|ua|rt|tka)_[0-9a-fA-F]{32}",
    anchors: ["shpat_", "shpca_", "shppa_", "shpss_", "shpua_", "shprt_", "shptka_"],
    homes: SHOPIFY_HOMES,
    description: "A Shopify access token or shared secret.",
    source: "https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens",
  },
  {
    id: "shopify_long_token",
    token: "shp(?:at|ca|pa|ss|ua)_[A-Za-z0-9]{33,64}",
    anchors: ["shpat_", "shpca_", "shppa_", "shpss_", "shpua_"],
    homes: SHOPIFY_HOMES,
    description: "A Shopify token of the newer, longer form.",
    source: "https://shopify.dev/changelog/length-of-the-shopify-access-token-is-increasing",
  },
  {
    id: "square_access_token",
    token: "(?:sandbox-)?sq0[a-z]{3}-[A-Za-z0-9_-]{22,43}",
    anchors: ["sq0", "sandbox-sq0"],
    homes: SQUARE_HOMES,
    description: "A Square access token, application id or OAuth secret.",
    source: "https://developer.squareup.com/docs/build-basics/access-tokens",
  },
  {
    id: "square_token_v2",
    token: "EAAA[A-Za-z0-9_+=-]{60}",
    minEntropy: 4,
    homes: SQUARE_HOMES,
    description: "A Square personal or OAuth access token.",
    source: "https://developer.squareup.com/docs/build-basics/access-tokens",
  },
  {
    id: "paypal_braintree_token",
    token: "access_token\\$(?:production|sandbox)\\$[0-9a-z]{16}\\$[0-9a-f]{32}",
    anchors: ["access_token$"],
    homes: bearerHomes(".braintree-api.com", "api.paypal.com"),
    description: "A Braintree access token.",
    source: "https://developer.paypal.com/braintree/docs/guides/extend/oauth/access-tokens",
  },
  {
    id: "braintree_tokenization_key",
    token: "(?:production|sandbox)_[0-9a-z]{8}_[0-9a-z]{16}",
    anchors: ["production_", "sandbox_"],
    severity: "low",
    needs: /_[0-9a-z]*[0-9][0-9a-z]*_/,
    homes: [],
    description: "A Braintree tokenization key: meant for browsers.",
    source: "https://developer.paypal.com/braintree/docs/guides/authorization/tokenization-key",
  },
  {
    id: "adyen_api_key",
    token:
      "AQE[A-Za-z0-9]{4,6}[A-Za-z0-9+/=_-]{40,180}-[A-Za-z0-9+/=_-]{20,80}-[^ \"'\\\\\\r\\n<>]{10,30}",
    minEntropy: 4,
    homes: headerHomes(["x-api-key"], ".adyen.com"),
    description: "An Adyen API key.",
    source: "https://docs.adyen.com/development-resources/api-credentials/",
  },
  {
    id: "flutterwave_key",
    token: "FLW(?:SECK|PUBK)(?:_(?:TEST|LIVE))?-[0-9A-Za-z]{12,48}(?:-X)?",
    anchors: ["flwseck", "flwpubk"],
    homes: bearerHomes("api.flutterwave.com"),
    description: "A Flutterwave key.",
    source: "https://developer.flutterwave.com/docs/authentication",
  },
  {
    id: "razorpay_key",
    token: "rzp_(?:live|test)_[A-Za-z0-9]{14,40}",
    homes: bearerHomes("api.razorpay.com"),
    description: "A Razorpay key id.",
    source: "https://razorpay.com/docs/api/authentication/",
  },
  {
    id: "plaid_access_token",
    token: "access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    anchors: ["access-sandbox-", "access-development-", "access-production-"],
    homes: PLAID_HOMES,
    description: "A Plaid access token.",
    source: "https://plaid.com/docs/api/items/",
  },
  {
    id: "easypost_key",
    token: "EZ[AT]K[A-Za-z0-9]{54}",
    anchors: ["ezak", "eztk"],
    homes: bearerHomes("api.easypost.com"),
    description: "An EasyPost production or test key.",
    source: "https://docs.easypost.com/docs/authentication",
  },
  {
    id: "shippo_token",
    token: "shippo_(?:live|test)_[0-9a-fA-F]{40}",
    homes: bearerHomes("api.goshippo.com"),
    description: "A Shippo API token.",
    source: "https://docs.goshippo.com/docs/guides_general/authentication/",
  },
  {
    id: "duffel_token",
    token: "duffel_(?:test|live)_[A-Za-z0-9_=-]{43}",
    homes: bearerHomes("api.duffel.com"),
    description: "A Duffel access token.",
    source: "https://duffel.com/docs/api/overview/authentication",
    edges: { after: "(?![A-Za-z0-9_=-])" },
  },
  {
    id: "xendit_key",
    token: "xnd_(?:public_)?(?:development|production)_[A-Za-z0-9_=]{40,72}",
    homes: bearerHomes("api.xendit.co"),
    description: "A Xendit API key.",
    source: "https://docs.xendit.co/docs/api-keys",
  },
  {
    id: "midtrans_key",
    token: "Mid-(?:server|client)-[A-Za-z0-9_-]{16,24}",
    homes: bearerHomes("api.midtrans.com"),
    description: "A Midtrans production key.",
    source: "https://docs.midtrans.com/docs/technical-reference",
    edges: { before: "(?<![A-Za-z0-9_-])" },
  },
  {
    id: "mercury_token",
    token: "secret-token:mercury_(?:production|sandbox)_[A-Za-z0-9_]{30,100}",
    homes: bearerHomes("api.mercury.com"),
    description: "A Mercury API token.",
    source: "https://docs.mercury.com/reference/authentication",
  },
  {
    id: "paystack_key",
    token: "sk_(?:live|test)_[0-9a-f]{40}",
    anchors: ["sk_live_", "sk_test_"],
    severity: "high",
    homes: bearerHomes("api.paystack.co"),
    description: "A Paystack secret key.",
    source: "https://paystack.com/docs/api/authentication/",
  },
  {
    id: "lob_key",
    token: "(?:live|test)_(?:pub_)?[0-9a-f]{31,35}",
    anchors: ["live_", "test_"].flatMap((mode) =>
      ["pub_", ..."0123456789abcdef"].map((next) => mode + next)
    ),
    homes: bearerHomes("api.lob.com"),
    description: "A Lob API key.",
    source: "https://docs.lob.com/#tag/Authentication",
    minEntropy: 3,
  },
  {
    id: "gocardless_token",
    token: "live_[A-Za-z0-9_=-]{40}",
    minEntropy: 4,
    needs: /[0-9]/,
    homes: bearerHomes("api.gocardless.com"),
    description: "A GoCardless access token.",
    source: "https://developer.gocardless.com/api-reference/",
  },
  {
    id: "lemonsqueezy_secret",
    token: "(?i:ls_webhook)_[A-Za-z0-9]{24,40}",
    anchors: ["ls_webhook_"],
    severity: "medium",
    description: "A Lemon Squeezy webhook secret.",
    source: "https://docs.lemonsqueezy.com/help/webhooks/signing-requests",
  },
  {
    id: "coinbase_api_key",
    token:
      "organizations/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/apiKeys/(?<secret>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
    anchors: ["organizations/"],
    severity: "medium",
    homes: bearerHomes("api.coinbase.com"),
    description: "A Coinbase developer platform key name.",
    source: "https://docs.cdp.coinbase.com/get-started/docs/cdp-api-keys/",
  },
];

/** One rule a format. */
export const PAYMENT_RULES: readonly Rule[] = FORMATS.map(exactRule);
