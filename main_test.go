package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds every wait of the scripts.
const patience = time.Minute

// exitAtOnce keeps the race detector from living on for a second, in which podometer would do what it no longer can.
const exitAtOnce = "atexit_sleep_ms=0"

// TestMain makes this program podometer when it is called by that name, which the scripts do.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"podometer": main})
}

// TestScripts runs testdata/script: what a user types, and what podometer answers.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values[process{}] = new(*running)
			env.Setenv("GORACE", exitAtOnce)
			env.Setenv("long", strings.Repeat("long ", 20_000)) // a label that makes an exposition larger than sockets can hold
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"answers": answers, "fails": fails, "occupy": occupy, "start": start, "fetch": fetch, "terminate": terminate, "interrupt": interrupt,
		},
	})
}

// answers runs podometer with the arguments. It must exit 0 and say nothing on stderr.
func answers(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("podometer", args...))
	if said := ts.ReadFile("stderr"); said != "" {
		ts.Fatalf("stderr is not empty: %s", said)
	}
}

// fails CODE ARG... runs podometer. It must exit with the code, write nothing to stdout and, to stderr, one line
// that begins with its name, after nothing but log lines that tell of no trouble.
func fails(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("podometer", args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || strconv.Itoa(exit.ExitCode()) != args[0] {
		ts.Fatalf("%v, want exit status %s", err, args[0])
	}
	if said := ts.ReadFile("stdout"); said != "" {
		ts.Fatalf("stdout is not empty: %s", said)
	}
	said := ts.ReadFile("stderr")
	if !regexp.MustCompile(`\A(time=\S+ level=INFO .*\n)*podometer: .*\n\z`).MatchString(said) {
		ts.Fatalf("stderr is not one clear line: %s", said)
	}
	if strings.Contains(said, "level=") && args[0] == "2" {
		ts.Fatalf("podometer went to work on a wrong command line: %s", said)
	}
}

// occupy takes a port and puts its address into $taken.
func occupy(ts *testscript.TestScript, _ bool, _ []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv("taken", listener.Addr().String())
}

// running is the podometer that a script has started.
type running struct {
	command *exec.Cmd
	exited  chan error
	listens chan string // the address, as soon as there is one

	mu  sync.Mutex
	log bytes.Buffer
}

// process is the key of the *running of a script.
type process struct{}

// start ARG... starts podometer on a free port, with no engine to ask, and puts its address into $address.
func start(ts *testscript.TestScript, _ bool, args []string) {
	path, err := exec.LookPath("podometer")
	ts.Check(err)
	r := &running{exited: make(chan error, 1), listens: make(chan string, 1)}
	r.command = exec.Command(path, append([]string{"--web.listen-address=127.0.0.1:0", "--host.docker-socket=", "--host.podman-socket="}, args...)...)
	r.command.Dir, r.command.Stderr, r.command.Env = ts.MkAbs("."), r, append(os.Environ(), "GORACE="+exitAtOnce)
	ts.Check(r.command.Start())
	go func() { r.exited <- r.command.Wait() }()
	ts.Defer(func() { _ = r.command.Process.Kill() })
	*ts.Value(process{}).(**running) = r
	select {
	case address := <-r.listens:
		ts.Setenv("address", address)
	case err := <-r.exited:
		ts.Fatalf("podometer has ended (%v): %s", err, r.text())
	case <-time.After(patience):
		ts.Fatalf("podometer does not listen: %s", r.text())
	}
}

// Write takes what podometer writes to stderr.
func (r *running) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.log.Write(p)
	if found := regexp.MustCompile(`"Listening on".* *"?address"?[=:]"?([0-9.]+:[0-9]+)"?}?\n`).FindSubmatch(r.log.Bytes()); found != nil {
		select {
		case r.listens <- string(found[1]):
		default: // it is known
		}
	}
	return n, err
}

func (r *running) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

// fetch STATUS PATH asks the podometer that runs, and puts the answer into stdout. It asks again until the status is
// the one wanted.
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for last := ""; ; {
		status, body, err := get(ctx, "http://"+ts.Getenv("address")+args[1])
		if err != nil {
			ts.Fatalf("%v; the answer before: %s", err, last)
		}
		if strconv.Itoa(status) == args[0] {
			_, _ = ts.Stdout().Write(body)
			return
		}
		last = string(body)
		time.Sleep(10 * time.Millisecond)
	}
}

func get(ctx context.Context, url string) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// terminate SIGNAL sends SIGTERM or SIGINT to the podometer that runs. It must exit 0; its log goes to stderr.
func terminate(ts *testscript.TestScript, _ bool, args []string) {
	signal, ok := map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT}[args[0]]
	if !ok {
		ts.Fatalf("no signal %s", args[0])
	}
	r := *ts.Value(process{}).(**running)
	ts.Check(r.command.Process.Signal(signal))
	r.wait(ts)
}

// wait waits until podometer has ended with status 0, and puts its log into stderr.
func (r *running) wait(ts *testscript.TestScript) {
	select {
	case err := <-r.exited:
		ts.Check(err)
	case <-time.After(patience):
		ts.Fatalf("podometer does not stop: %s", r.text())
	}
	_, _ = io.WriteString(ts.Stderr(), r.text())
}

// interrupt PATH sends SIGTERM to the podometer that runs, in the middle of an answer that is too large to be on its
// way already. The answer must be whole, and goes to stdout; podometer must exit 0, and its log goes to stderr.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	address := ts.Getenv("address")
	connection, err := net.Dial("tcp", address)
	ts.Check(err)
	defer connection.Close()
	ts.Check(connection.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(connection, "GET "+args[0]+" HTTP/1.1\r\nHost: podometer\r\nConnection: close\r\n\r\n")
	ts.Check(err)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	ts.Check(err)
	defer response.Body.Close()

	r := *ts.Value(process{}).(**running)
	ts.Check(r.command.Process.Signal(syscall.SIGTERM))
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		another, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		_ = another.Close()
		if time.Now().After(deadline) {
			ts.Fatalf("podometer takes connections after SIGTERM")
		}
	}
	text, err := io.ReadAll(response.Body)
	ts.Check(err)
	if len(text) < 16<<20 {
		ts.Fatalf("only %d bytes, which sockets can hold", len(text))
	}
	_, _ = ts.Stdout().Write(bytes.ReplaceAll(text, []byte(ts.Getenv("long")), []byte("LONG")))
	r.wait(ts)
}
