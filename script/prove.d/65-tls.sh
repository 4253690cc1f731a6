# The server's own TLS as sslscan and testssl.sh see it.
. "$(dirname "$0")/common.bash"
release machiya
tests/faults/server_tls.sh build/release/machiya --testssl
