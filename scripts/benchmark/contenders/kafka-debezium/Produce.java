import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.MemoryOffsetBackingStore;

/**
 * Debezium's engine with its own MySQL connector, each batch sent to Kafka and awaited, as Debezium Server
 * does. Arguments: PORT SERVER_ID FILE POSITION BROKER TOPIC POLL_MS GTIDS.
 */
public final class Produce {
  /** Begins at a given place: the definitions are learnt anew (snapshot.mode=recovery). */
  public static final class StartAt extends MemoryOffsetBackingStore {
    static String file;
    static String position;
    /** With GTIDs on, it goes by these. */
    static String gtids;

    @Override
    public void configure(WorkerConfig config) {
      super.configure(config);
      data.put(bytes("[\"bench\",{\"server\":\"bench\"}]"), bytes("{\"file\":\"" + file + "\",\"pos\":" + position + ",\"gtids\":\"" + gtids + "\"}"));
    }

    @Override
    public java.util.Set<Map<String, Object>> connectorPartitions(String connectorName) {
      return java.util.Set.of();
    }

    private static ByteBuffer bytes(String text) {
      return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
  }

  public static void main(String[] args) {
    StartAt.file = args[2];
    StartAt.position = args[3];
    StartAt.gtids = args[7];
    Properties kafka = new Properties();
    kafka.put("bootstrap.servers", args[4]);
    kafka.put("acks", "all");
    kafka.put("linger.ms", "5");
    KafkaProducer<String, String> producer =
        new KafkaProducer<>(kafka, new StringSerializer(), new StringSerializer());
    Properties properties = new Properties();
    properties.put("name", "bench");
    properties.put("connector.class", "io.debezium.connector.mysql.MySqlConnector");
    properties.put("offset.storage", StartAt.class.getName());
    properties.put("offset.flush.interval.ms", "1000");
    properties.put("schema.history.internal", "io.debezium.relational.history.MemorySchemaHistory");
    properties.put("database.hostname", "127.0.0.1");
    properties.put("database.port", args[0]);
    properties.put("database.user", "root");
    properties.put("database.password", "");
    properties.put("database.server.id", args[1]);
    properties.put("database.include.list", "bench");
    properties.put("topic.prefix", "bench");
    properties.put("snapshot.mode", "recovery");
    properties.put("include.schema.changes", "false");
    properties.put("tombstones.on.delete", "false");
    properties.put("poll.interval.ms", args[6]);
    properties.put("key.converter.schemas.enable", "false");
    properties.put("value.converter.schemas.enable", "false");
    String topic = args[5];
    DebeziumEngine<ChangeEvent<String, String>> engine =
        DebeziumEngine.create(Json.class)
            .using(properties)
            .using((success, message, error) -> {
              System.out.println("failed " + message + " " + error);
              System.exit(1);
            })
            .notifying((List<ChangeEvent<String, String>> batch, DebeziumEngine.RecordCommitter<ChangeEvent<String, String>> committer) -> {
              List<Future<?>> sent = new ArrayList<>(batch.size());
              for (ChangeEvent<String, String> event : batch) {
                sent.add(producer.send(new ProducerRecord<>(topic, event.key(), event.value())));
              }
              try {
                for (Future<?> future : sent) future.get();
              } catch (java.util.concurrent.ExecutionException e) {
                throw new IllegalStateException(e);
              }
              for (ChangeEvent<String, String> event : batch) committer.markProcessed(event);
              committer.markBatchFinished();
            })
            .build();
    System.out.println("ready");
    engine.run();
  }
}
