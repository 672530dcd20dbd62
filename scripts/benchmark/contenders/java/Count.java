import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.DeleteRowsEventData;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.TransactionPayloadEventData;
import com.github.shyiko.mysql.binlog.event.UpdateRowsEventData;
import com.github.shyiko.mysql.binlog.event.WriteRowsEventData;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/** mysql-binlog-connector-java reading to a counter. Lines as in contenders/node/serve.ts. */
public final class Count {
  private final int port;
  private final long serverId;
  private final Map<Long, String> tables = new HashMap<>();
  private BinaryLogClient client;
  private long rows;
  private long sum;
  private boolean done;
  private int mark;
  private Exception failure;

  private Count(int port, long serverId) {
    this.port = port;
    this.serverId = serverId;
  }

  public static void main(String[] args) throws Exception {
    Logger.getLogger("com.github.shyiko").setLevel(Level.OFF);
    Count count = new Count(Integer.parseInt(args[0]), Long.parseLong(args[1]));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      try {
        count.read(words[1], Long.parseLong(words[2]), Integer.parseInt(words[3]));
      } catch (Exception e) {
        System.out.println("failed " + e);
      }
    }
    System.exit(0);
  }

  private void read(String file, long position, int mark) throws Exception {
    this.mark = mark;
    rows = 0;
    sum = 0;
    done = false;
    failure = null;
    tables.clear();
    client = new BinaryLogClient("127.0.0.1", port, "root", "");
    client.setServerId(serverId);
    client.setBinlogFilename(file);
    client.setBinlogPosition(position);
    client.setKeepAlive(false);
    client.registerEventListener(this::take);
    client.registerLifecycleListener(new BinaryLogClient.AbstractLifecycleListener() {
      @Override
      public void onEventDeserializationFailure(BinaryLogClient c, Exception e) {
        failure = e;
      }
    });
    client.connect();
    if (failure != null) throw failure;
    if (!done) throw new IllegalStateException("the connection ended before the mark");
    System.out.println("done {\"rows\":" + rows + ",\"sum\":" + sum + "}");
  }

  private void take(Event event) {
    take(event.<EventData>getData());
  }

  private void take(EventData data) {
    if (done || data == null) return;
    if (data instanceof TableMapEventData) {
      TableMapEventData map = (TableMapEventData) data;
      tables.put(map.getTableId(), map.getTable());
    } else if (data instanceof WriteRowsEventData) {
      WriteRowsEventData write = (WriteRowsEventData) data;
      count(write.getTableId(), write.getRows());
    } else if (data instanceof DeleteRowsEventData) {
      DeleteRowsEventData delete = (DeleteRowsEventData) data;
      count(delete.getTableId(), delete.getRows());
    } else if (data instanceof UpdateRowsEventData) {
      for (Map.Entry<Serializable[], Serializable[]> row : ((UpdateRowsEventData) data).getRows()) {
        sum += ((Number) row.getValue()[0]).longValue();
        rows += 1;
      }
    } else if (data instanceof TransactionPayloadEventData) {
      for (Event inner : ((TransactionPayloadEventData) data).getUncompressedEvents()) take(inner);
    }
  }

  private void count(long table, List<Serializable[]> changed) {
    if ("end_mark".equals(tables.get(table))) {
      if (((Number) changed.get(0)[0]).intValue() < mark) return;
      done = true;
      try {
        client.disconnect();
      } catch (Exception e) {
        failure = e;
      }
      return;
    }
    for (Serializable[] row : changed) sum += ((Number) row[0]).longValue();
    rows += changed.size();
  }
}
