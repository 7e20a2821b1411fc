# ClawSec Monitor in a container: one executable, run by a user with no rights of its own.
#
#   docker build -t clawsec-monitor .
#   docker run -p 127.0.0.1:8888:8888 -v clawsec_data:/tmp/clawsec clawsec-monitor

FROM denoland/deno:2.9.6 AS build
WORKDIR /build
# Dependencies in a layer of their own: they change less often than the source.
COPY deno.json deno.lock ./
RUN deno install --frozen
COPY src ./src
RUN deno task compile

FROM debian:bookworm-slim
# iproute2 has ss, for the SSH watcher; ca-certificates the roots origins are verified with.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates iproute2 \
  && rm -rf /var/lib/apt/lists/*
# A volume that is made at this path takes over the directory's owner and mode: the program refuses a
# log_dir that is not its own or open to others.
RUN groupadd --gid 10001 clawsec \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
  --shell /usr/sbin/nologin clawsec \
  && install --directory --owner=clawsec --group=clawsec --mode=0700 /tmp/clawsec
COPY --from=build /build/clawsec /usr/local/bin/clawsec
USER 10001:10001
# On the loopback of a container nobody would reach it; what is published decides who does.
ENV CLAWSEC_PROXY_HOST=0.0.0.0
VOLUME /tmp/clawsec
EXPOSE 8888
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=10s --retries=3 CMD ["clawsec", "health"]
ENTRYPOINT ["clawsec"]
CMD ["start"]
