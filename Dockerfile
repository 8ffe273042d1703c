# docker build -t callfn .                                  the service: a static binary, not root
# docker build -t callfn-functions-couchdb --target functions-couchdb .   CouchDB with our query server in it

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ENV CGO_ENABLED=0
RUN go generate ./internal/workerbin && mkdir /out /out/data
RUN go build -tags embedworker -trimpath -ldflags='-s -w' -o /out/callfn ./cmd/callfn

# CouchDB that runs functions without eval. Its own engine only builds views.
FROM couchdb:3.4.3 AS functions-couchdb
COPY --from=build /out/callfn /usr/local/bin/callfn
ENV COUCHDB_QUERY_SERVER_CALLFN="/usr/local/bin/callfn queryserver"

# Last, so that it is what a plain `docker build` makes.
FROM gcr.io/distroless/static-debian12:nonroot AS callfn
COPY --from=build /out/callfn /usr/local/bin/callfn
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENV CALLFN_LISTEN=0.0.0.0:8000 CALLFN_DATA=/data
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/local/bin/callfn", "ready"]
ENTRYPOINT ["/usr/local/bin/callfn"]
CMD ["serve"]
