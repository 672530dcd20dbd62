// go-mysql reading to a counter. Lines as in contenders/node/serve.ts.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/replication"
)

type counted struct {
	rows, sum int64
	done      bool
}

func main() {
	port, _ := strconv.Atoi(os.Args[1])
	serverID, _ := strconv.Atoi(os.Args[2])
	config := replication.BinlogSyncerConfig{
		ServerID:       uint32(serverID),
		Flavor:         os.Args[3],
		Host:           "127.0.0.1",
		Port:           uint16(port),
		User:           "root",
		VerifyChecksum: true,
		Logger:         slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	in := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for in.Scan() {
		words := strings.Fields(in.Text())
		position, _ := strconv.ParseUint(words[2], 10, 32)
		mark, _ := strconv.ParseInt(words[3], 10, 64)
		c, err := read(config, mysql.Position{Name: words[1], Pos: uint32(position)}, mark)
		if err != nil {
			fmt.Println("failed", err)
			continue
		}
		fmt.Printf("done {\"rows\":%d,\"sum\":%d}\n", c.rows, c.sum)
	}
}

func read(config replication.BinlogSyncerConfig, from mysql.Position, mark int64) (*counted, error) {
	syncer := replication.NewBinlogSyncer(config)
	defer syncer.Close()
	streamer, err := syncer.StartSync(from)
	if err != nil {
		return nil, err
	}
	c := &counted{}
	for !c.done {
		event, err := streamer.GetEvent(context.Background())
		if err != nil {
			return nil, err
		}
		c.take(event, mark)
	}
	return c, nil
}

func (c *counted) take(event *replication.BinlogEvent, mark int64) {
	switch e := event.Event.(type) {
	case *replication.RowsEvent:
		c.count(e, mark)
	case *replication.TransactionPayloadEvent:
		for _, inner := range e.Events {
			c.take(inner, mark)
		}
	}
}

func (c *counted) count(e *replication.RowsEvent, mark int64) {
	if string(e.Table.Table) == "end_mark" {
		c.done = c.done || number(e.Rows[0][0]) >= mark
		return
	}
	// Updates hold two images a row, before and after.
	first, step := 0, 1
	if e.Type() == replication.EnumRowsEventTypeUpdate {
		first, step = 1, 2
	}
	for i := first; i < len(e.Rows); i += step {
		c.sum += number(e.Rows[i][0])
		c.rows++
	}
}

func number(value any) int64 {
	switch v := value.(type) {
	case int32:
		return int64(v)
	case int64:
		return v
	}
	return 0
}
