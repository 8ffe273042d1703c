package natskv_test

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"callfn/internal/await"
	"callfn/internal/kv"
	"callfn/internal/kv/natskv"

	"github.com/nats-io/nats-server/v2/server"
)

// startCluster starts three servers that know each other.
func startCluster(t *testing.T) (servers []*server.Server, urls string) {
	t.Helper()
	routes := make([]*url.URL, 3)
	for i := range routes {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		routes[i] = &url.URL{Scheme: "nats", Host: listener.Addr().String()}
		_ = listener.Close()
	}
	var all []string
	for i, own := range routes {
		host, port, _ := net.SplitHostPort(own.Host)
		number := 0
		_, _ = fmt.Sscan(port, &number)
		s, err := server.NewServer(&server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(),
			Cluster: server.ClusterOpts{Name: "test", Host: host, Port: number}, Routes: routes, NoSigs: true, NoLog: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Start()
		t.Cleanup(func() {
			s.Shutdown()
			s.WaitForShutdown()
		})
		servers = append(servers, s)
	}
	for _, s := range servers {
		if !s.ReadyForConnections(await.Patience) {
			t.Fatal("got no NATS server that is ready, want three")
		}
		all = append(all, s.ClientURL())
	}
	return servers, strings.Join(all, ",")
}

// With three replicas, counters stay exact while the leader of the stream dies under writers. With one server of three
// left, operations fail.
func TestCluster(t *testing.T) {
	servers, urls := startCluster(t)
	ctx := context.Background()
	var stores []*kv.Store
	var engines []*natskv.Engine
	for range 2 {
		e, err := natskv.Open(natskv.Config{URL: urls})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = e.Close() }()
		await.Value(t, "a store that answers", func() (string, bool) {
			err := e.Ping(ctx)
			return errorText(err), err == nil
		})
		stores, engines = append(stores, kv.New(e, kv.Options{})), append(engines, e)
	}
	var all sync.WaitGroup
	acknowledged, doubtful := make([]int, 4), make([]int, 4)
	stop := make(chan struct{})
	for w := range 4 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				switch _, err := stores[w%2].Incr(ctx, key("n"), 1, 0); {
				case err == nil:
					acknowledged[w]++
				case kv.ReasonOf(err) == kv.Unavailable:
					doubtful[w]++
				default:
					t.Errorf("incr: got %v, want none or the reason unavailable", err)
				}
			}
		})
	}
	time.Sleep(300 * time.Millisecond) // of writing
	for i, s := range servers {
		if s.JetStreamIsStreamLeader("$G", natskv.DefaultStream) {
			s.Shutdown()
			servers = append(servers[:i:i], servers[i+1:]...)
			break
		}
	}
	if len(servers) != 2 {
		t.Fatalf("got %d servers after the leader died, want 2", len(servers))
	}
	await.Value(t, "a new leader", func() (string, bool) {
		err := engines[0].Ping(ctx)
		return errorText(err), err == nil
	})
	time.Sleep(300 * time.Millisecond)
	close(stop)
	all.Wait()
	sum, doubt := int64(0), int64(0)
	for w := range 4 {
		sum, doubt = sum+int64(acknowledged[w]), doubt+int64(doubtful[w])
	}
	n, err := stores[1].Incr(ctx, key("n"), 0, 0)
	if err != nil || n < sum || n > sum+doubt {
		t.Fatalf("got the count %d, %v, want at least %d, which were acknowledged, and at most %d more", n, err, sum, doubt)
	}
	t.Logf("%d acknowledged, %d in doubt, count %d", sum, doubt, n)

	servers[0].Shutdown()
	await.Value(t, "operations to fail without a majority", func() (string, bool) {
		short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		defer cancel()
		_, err := stores[0].Incr(short, key("n"), 1, 0)
		return errorText(err), kv.ReasonOf(err) == kv.Unavailable
	})
}
