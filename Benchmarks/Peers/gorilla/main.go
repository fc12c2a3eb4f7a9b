// The job on Go's gorilla/websocket, as its documentation suggests: a goroutine that reads and one that writes per session.
// gorilla PORT SESSIONS [CA]
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

var mids int64

func mid() string { return fmt.Sprintf("g%d 0", atomic.AddInt64(&mids, 1)) }

type frame struct {
	Code    int    `json:"code,omitempty"`
	Lwp     string `json:"lwp,omitempty"`
	Headers struct {
		Mid string `json:"mid"`
		Sid string `json:"sid,omitempty"`
	} `json:"headers"`
	Body struct {
		SyncPushPackage struct {
			Data []struct {
				Data string `json:"data"`
			} `json:"data"`
		} `json:"syncPushPackage"`
	} `json:"body"`
}

type answer struct {
	Code    int               `json:"code"`
	Headers map[string]string `json:"headers"`
}

type chat struct {
	One struct {
		ID string `json:"3"`
	} `json:"1"`
}

type session struct {
	socket *websocket.Conn
	lock   sync.Mutex
	open   map[string]time.Time
	seen   map[string]struct{}
	order  []string
}

func (s *session) send(value interface{}) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.socket.WriteJSON(value)
}

func (s *session) beats() {
	time.Sleep(time.Duration(rand.Int63n(int64(15 * time.Second))))
	for {
		number := mid()
		s.lock.Lock()
		for _, sent := range s.open {
			if time.Since(sent) > 30*time.Second {
				s.socket.Close()
			}
		}
		s.open[number] = time.Now()
		s.lock.Unlock()
		if s.send(map[string]interface{}{"lwp": "/!", "headers": map[string]string{"mid": number}}) != nil {
			return
		}
		time.Sleep(15 * time.Second)
	}
}

func (s *session) read() {
	for {
		_, text, err := s.socket.ReadMessage()
		if err != nil {
			return
		}
		var in frame
		if json.Unmarshal(text, &in) != nil {
			continue
		}
		if in.Lwp == "" {
			s.lock.Lock()
			delete(s.open, in.Headers.Mid)
			s.lock.Unlock()
			continue
		}
		for _, item := range in.Body.SyncPushPackage.Data {
			inner, _ := base64.StdEncoding.DecodeString(item.Data)
			var message chat
			if json.Unmarshal(inner, &message) != nil {
				continue
			}
			if _, known := s.seen[message.One.ID]; !known {
				s.seen[message.One.ID] = struct{}{}
				s.order = append(s.order, message.One.ID)
				if len(s.order) > 10000 {
					delete(s.seen, s.order[0])
					s.order = s.order[1:]
				}
			}
		}
		s.send(answer{200, map[string]string{"mid": in.Headers.Mid, "sid": in.Headers.Sid}})
	}
}

func begin(port, number int, trusted *tls.Config) {
	scheme := "ws"
	if trusted != nil {
		scheme = "wss"
	}
	dialer := websocket.Dialer{HandshakeTimeout: 2 * time.Minute, TLSClientConfig: trusted}
	socket, _, err := dialer.Dial(fmt.Sprintf("%s://127.0.0.1:%d/s%d", scheme, port, number), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	s := &session{socket: socket, open: map[string]time.Time{}, seen: map[string]struct{}{}}
	s.send(map[string]interface{}{"lwp": "/reg", "headers": map[string]string{
		"cache-header": "app-key token ua wv", "app-key": "444", "token": "t", "ua": "u", "dt": "j",
		"wv": "im:3,au:3,sy:6", "sync": "0,0;0;0;", "did": "d", "mid": mid()}})
	if _, _, err := socket.ReadMessage(); err != nil {
		return
	}
	go s.beats()
	go s.read()
}

func main() {
	port, _ := strconv.Atoi(os.Args[1])
	count, _ := strconv.Atoi(os.Args[2])
	var trusted *tls.Config
	if len(os.Args) > 3 {
		text, err := os.ReadFile(os.Args[3])
		if err != nil {
			panic(err)
		}
		trusted = &tls.Config{RootCAs: x509.NewCertPool()}
		trusted.RootCAs.AppendCertsFromPEM(text)
	}
	gate := make(chan struct{}, 200)
	for number := 0; number < count; number++ {
		gate <- struct{}{}
		go func(number int) {
			begin(port, number, trusted)
			<-gate
		}(number)
	}
	select {}
}
