# docker build -t annuaire .
# docker run -v annuaire:/data -p 127.0.0.1:3389:3389 -p 127.0.0.1:8080:8080 -e ANNUAIRE_NET__CLEARTEXT=anywhere annuaire
# Without that variable clients from outside the container are answered over TLS only: docs/running.md.
# Other subcommands: docker run -v annuaire:/data -v "$PWD/files:/files:ro" annuaire import /files

FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --bin annuaire

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin annuaire \
    && install --directory --owner=annuaire --group=annuaire /data
COPY --from=build /source/target/release/annuaire /usr/local/bin/annuaire
COPY --from=build /source/LICENSE /usr/share/doc/annuaire/LICENSE
USER annuaire
WORKDIR /data
VOLUME /data
ENV ANNUAIRE_LDAP__LISTEN=0.0.0.0:3389 \
    ANNUAIRE_HTTP__LISTEN=0.0.0.0:8080
EXPOSE 3389 3636 8080 8443
# Ready means: searches are answered and no withdrawal waits.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["annuaire", "--data", "/data"]
CMD ["serve"]
