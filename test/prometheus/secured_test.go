package prometheus_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const (
	user     = "prometheus"
	password = "correct horse"
)

// TestSecured lets a Prometheus scrape over TLS with a password, and nobody without one.
func TestSecured(t *testing.T) {
	t.Parallel()
	certificate, config := secure(t)
	f := newFixture(t)
	e := launch(t, append(f.flags(), everySecond, "--web.config.file="+config)...)
	e.url = "https://" + e.address
	e.client = &http.Client{Transport: authorized{as: password, by: trusting(t, certificate)}}
	e.awaitReady(t)
	checkRefused(t, e, trusting(t, certificate))

	s := scrape(t, e, "scheme: https", fmt.Sprintf("tls_config: {ca_file: %q}", certificate),
		fmt.Sprintf("basic_auth: {username: %q, password: %q}", user, password))
	checkFigures(t, s, f)
	s.checkHealth(t)
}

// checkRefused wants podometer to tell nothing to who has no password, a wrong one, or no TLS.
func checkRefused(t *testing.T, e *exporter, transport http.RoundTripper) {
	t.Helper()
	for _, refused := range []struct {
		url    string
		client http.Client
		status string
	}{
		{e.url, http.Client{Transport: transport}, "401 Unauthorized"},
		{e.url, http.Client{Transport: authorized{as: "wrong", by: transport}}, "401 Unauthorized"},
		{"http://" + e.address, http.Client{}, "400 Bad Request"},
	} {
		body, _, err := (&exporter{url: refused.url, client: &refused.client}).fetch(t, "/metrics", nil)
		if err == nil || !strings.Contains(err.Error(), refused.status) || bytes.Contains(body, []byte("podometer_")) {
			t.Errorf("answered %q (%v), want %s", body, err, refused.status)
		}
	}
}

// authorized sends a password with every request.
type authorized struct {
	as string
	by http.RoundTripper
}

func (a authorized) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.SetBasicAuth(user, a.as)
	return a.by.RoundTrip(request)
}

// trusting returns a transport that trusts the certificate and nothing else.
func trusting(t *testing.T, certificate string) http.RoundTripper {
	t.Helper()
	text, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("%s holds no certificate", certificate)
	}
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13}}
}

// secure writes a certificate for this machine and a configuration that asks for it and for a password, and returns
// the paths of both.
func secure(t *testing.T) (certificate, config string) {
	t.Helper()
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, certificate, key)
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "web.yml", fmt.Sprintf("tls_server_config: {cert_file: %q, key_file: %q}\nbasic_auth_users: {%s: %q}\n",
		certificate, key, user, hash))
	return certificate, filepath.Join(dir, "web.yml")
}

func writeCertificate(t *testing.T, certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Dir(certificate), filepath.Base(certificate), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})))
	write(t, filepath.Dir(key), filepath.Base(key), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})))
}
