// Exits with 0 when the service in this container is ready: HEALTHCHECK of the images, which have no curl.

// oxlint-disable-next-line no-process-env -- it runs in the image, beside the service, and imports nothing
const port = process.env.PORT;
const response = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) });
process.exit(response.ok ? 0 : 1);
