import io.debezium.connector.jdbc.JdbcSinkConnectorTask;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTaskContext;

/**
 * Debezium's JDBC sink, its tasks driven as Kafka Connect drives them: poll, convert, put, commit the offsets;
 * until each has what its partitions hold. Arguments: BROKER TOPIC GROUP PORT TASKS.
 */
public final class Consume {
  private static String broker;
  private static String topic;
  private static String group;
  private static String port;

  public static void main(String[] args) throws Exception {
    broker = args[0];
    topic = args[1];
    group = args[2];
    port = args[3];
    int tasks = Integer.parseInt(args[4]);
    List<Thread> threads = new ArrayList<>();
    for (int task = 0; task < tasks; task++) {
      int own = task;
      Thread thread = new Thread(() -> run(own, tasks));
      thread.setUncaughtExceptionHandler((where, error) -> {
        error.printStackTrace();
        Runtime.getRuntime().halt(1);
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) thread.join();
    System.exit(0);
  }

  private static void run(int own, int tasks) {
    Map<String, Object> settings = Map.of(
        "bootstrap.servers", broker, "group.id", group, "enable.auto.commit", "false",
        "auto.offset.reset", "earliest", "max.poll.records", "2000");
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      consumer.partitionsFor(topic).stream()
          .filter(info -> info.partition() % tasks == own)
          .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      JsonConverter keys = converter(true);
      JsonConverter values = converter(false);
      JdbcSinkConnectorTask task = new JdbcSinkConnectorTask();
      task.initialize(new Context(consumer));
      task.start(config(own));
      task.open(partitions);
      while (!partitions.stream().allMatch(one -> consumer.position(one) >= ends.get(one))) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofMillis(100));
        List<SinkRecord> records = new ArrayList<>(polled.count());
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : polled) {
          SchemaAndValue key = keys.toConnectData(topic, record.key());
          SchemaAndValue value = values.toConnectData(topic, record.value());
          records.add(new SinkRecord(topic, record.partition(), key.schema(), key.value(), value.schema(),
              value.value(), record.offset(), record.timestamp(), TimestampType.CREATE_TIME));
          offsets.put(new TopicPartition(topic, record.partition()), new OffsetAndMetadata(record.offset() + 1));
        }
        task.put(records);
        consumer.commitSync(task.preCommit(offsets));
      }
      task.close(partitions);
      task.stop();
    }
  }

  private static Map<String, String> config(int own) {
    Map<String, String> config = new HashMap<>();
    config.put("name", "bench");
    config.put("task.id", String.valueOf(own));
    config.put("topics", topic);
    config.put("connection.url", "jdbc:mariadb://127.0.0.1:" + port + "/bench?rewriteBatchedStatements=true");
    config.put("connection.username", "root");
    config.put("connection.password", "");
    config.put("insert.mode", "upsert");
    config.put("delete.enabled", "true");
    config.put("primary.key.mode", "record_key");
    config.put("schema.evolution", "none");
    config.put("collection.name.format", "${source.table}");
    config.put("use.reduction.buffer", "true");
    config.put("batch.size", "2000");
    return config;
  }

  private static JsonConverter converter(boolean isKey) {
    JsonConverter converter = new JsonConverter();
    converter.configure(Map.of("schemas.enable", "true", "schemas.cache.size", "1000"), isKey);
    return converter;
  }

  /** What a worker of Kafka Connect lends to its task. */
  private record Context(KafkaConsumer<byte[], byte[]> consumer) implements SinkTaskContext {
    @Override
    public Map<String, String> configs() {
      return Map.of();
    }

    @Override
    public void offset(Map<TopicPartition, Long> offsets) {
      offsets.forEach(consumer::seek);
    }

    @Override
    public void offset(TopicPartition partition, long offset) {
      consumer.seek(partition, offset);
    }

    @Override
    public void timeout(long ms) {}

    @Override
    public Set<TopicPartition> assignment() {
      return consumer.assignment();
    }

    @Override
    public void pause(TopicPartition... partitions) {
      consumer.pause(List.of(partitions));
    }

    @Override
    public void resume(TopicPartition... partitions) {
      consumer.resume(List.of(partitions));
    }

    @Override
    public void requestCommit() {}

    @Override
    public PluginMetrics pluginMetrics() {
      return null;
    }
  }
}
