// Exports spans with OpenTelemetry's own SDK for Go: export ENDPOINT SERVICE TRACES
package main

import (
	"context"
	"log"
	"os"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	endpoint, service := os.Args[1], os.Args[2]
	traces, err := strconv.Atoi(os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint+"/v1/traces"))
	if err != nil {
		log.Fatal(err)
	}
	provider := trace.NewTracerProvider(
		trace.WithBatcher(exporter, trace.WithBlocking()),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", service))),
	)
	tracer := provider.Tracer("interop")
	for index := range traces {
		parentCtx, parent := tracer.Start(ctx, "execute_tool bash")
		_, child := tracer.Start(parentCtx, "bash")
		child.SetAttributes(attribute.Int("index", index), attribute.StringSlice("words", []string{"a", "b"}))
		child.End()
		parent.End()
	}
	if err := provider.Shutdown(ctx); err != nil {
		log.Fatal(err)
	}
}
