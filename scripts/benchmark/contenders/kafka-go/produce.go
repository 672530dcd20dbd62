// MySQL to Kafka by go-mysql and franz-go, as one would write it: one JSON message a row, keyed by the
// primary key, acknowledged by all replicas.
//
//	program PORT SERVER_ID FILE POSITION BROKER TOPIC
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"

	"github.com/go-mysql-org/go-mysql/canal"
	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/twmb/franz-go/pkg/kgo"
)

type handler struct {
	canal.DummyEventHandler
	client *kgo.Client
	topic  string
}

type message struct {
	Database string         `json:"database"`
	Table    string         `json:"table"`
	Type     string         `json:"type"`
	Ts       uint32         `json:"ts"`
	Data     map[string]any `json:"data"`
	Old      map[string]any `json:"old,omitempty"`
}

func (h *handler) String() string { return "produce" }

func (h *handler) OnRow(e *canal.RowsEvent) error {
	if e.Table.Schema != "bench" {
		return nil
	}
	first, step := 0, 1
	if e.Action == canal.UpdateAction {
		first, step = 1, 2
	}
	for i := first; i < len(e.Rows); i += step {
		m := message{Database: e.Table.Schema, Table: e.Table.Name, Type: e.Action, Ts: e.Header.Timestamp, Data: named(e, e.Rows[i])}
		if step == 2 {
			m.Old = changed(m.Data, named(e, e.Rows[i-1]))
		}
		value, err := json.Marshal(m)
		if err != nil {
			return err
		}
		key := fmt.Sprint(e.Table.Name, ".", e.Rows[i][0])
		h.client.Produce(context.Background(), &kgo.Record{Topic: h.topic, Key: []byte(key), Value: value}, func(_ *kgo.Record, err error) {
			if err != nil {
				fmt.Println("failed", err)
				os.Exit(1)
			}
		})
	}
	return nil
}

func named(e *canal.RowsEvent, row []any) map[string]any {
	data := make(map[string]any, len(row))
	for i, value := range row {
		if bytes, ok := value.([]byte); ok {
			value = string(bytes)
		}
		data[e.Table.Columns[i].Name] = value
	}
	return data
}

func changed(after, before map[string]any) map[string]any {
	old := map[string]any{}
	for name, value := range before {
		if after[name] != value {
			old[name] = value
		}
	}
	return old
}

func main() {
	position, _ := strconv.ParseUint(os.Args[4], 10, 32)
	serverID, _ := strconv.ParseUint(os.Args[2], 10, 32)
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Args[5]), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.MaxBufferedRecords(100000), kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		panic(err)
	}
	config := canal.NewDefaultConfig()
	config.Addr = "127.0.0.1:" + os.Args[1]
	config.User = "root"
	config.ServerID = uint32(serverID)
	config.Dump.ExecutionPath = ""
	config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	c, err := canal.NewCanal(config)
	if err != nil {
		panic(err)
	}
	c.SetEventHandler(&handler{client: client, topic: os.Args[6]})
	fmt.Println("ready")
	panic(c.RunFrom(mysql.Position{Name: os.Args[3], Pos: uint32(position)}))
}
