ARG GO_VERSION=1.26

FROM --platform=$BUILDPLATFORM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
# Empty: what the file VERSION says.
ARG VERSION=
ARG REVISION=
ARG BRANCH=
ARG BUILD_DATE=
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} GOTOOLCHAIN=local go build -trimpath -buildvcs=false \
      -ldflags "-s -w \
        -X github.com/prometheus/common/version.Version=${VERSION:-$(cat VERSION)} \
        -X github.com/prometheus/common/version.Revision=${REVISION} \
        -X github.com/prometheus/common/version.Branch=${BRANCH} \
        -X github.com/prometheus/common/version.BuildDate=${BUILD_DATE}" \
      -o /podometer .

FROM scratch
ARG VERSION=
ARG REVISION=
ARG BUILD_DATE=
LABEL org.opencontainers.image.title="podometer" \
      org.opencontainers.image.description="Prometheus exporter for the use of containers and what is left of the machines they run on" \
      org.opencontainers.image.source="https://github.com/podometer/podometer" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${BUILD_DATE}"
COPY LICENSE /LICENSE
COPY --from=build /podometer /podometer
USER 65532:65532
EXPOSE 9762
ENTRYPOINT ["/podometer"]
