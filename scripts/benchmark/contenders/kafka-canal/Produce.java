import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.alibaba.otter.canal.connector.core.producer.MQDestination;
import com.alibaba.otter.canal.connector.core.util.Callback;
import com.alibaba.otter.canal.connector.kafka.producer.CanalKafkaProducer;
import com.alibaba.otter.canal.instance.manager.CanalInstanceWithManager;
import com.alibaba.otter.canal.instance.manager.model.Canal;
import com.alibaba.otter.canal.instance.manager.model.CanalParameter;
import com.alibaba.otter.canal.protocol.ClientIdentity;
import com.alibaba.otter.canal.protocol.Message;
import com.alibaba.otter.canal.server.embedded.CanalServerWithEmbedded;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/**
 * canal's embedded server with its own Kafka producer, taken and acknowledged batch by batch as its server does
 * (CanalMQStarter): flat messages, the partition by primary key. Arguments: PORT SERVER_ID FILE POSITION BROKER TOPIC.
 */
public final class Produce {
  private static final String NAME = "bench";
  /** canal.mq.canalBatchSize (50 as it comes: far slower here) and canal.mq.canalGetTimeout. */
  private static final int BATCH = 1000;
  private static final long WAIT_MS = 100;

  public static void main(String[] args) throws Exception {
    ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
    Canal canal = new Canal();
    canal.setId(1L);
    canal.setName(NAME);
    canal.setCanalParameter(parameters(args));
    CanalServerWithEmbedded server = CanalServerWithEmbedded.instance();
    server.setCanalInstanceGenerator(name -> new CanalInstanceWithManager(canal, "bench\\..*"));
    server.start();
    server.start(NAME);
    ClientIdentity client = new ClientIdentity(NAME, (short) 1001, "");
    server.subscribe(client);
    CanalKafkaProducer producer = new CanalKafkaProducer();
    producer.init(kafka(args[4]));
    MQDestination destination = new MQDestination();
    destination.setCanalDestination(NAME);
    destination.setTopic(args[5]);
    destination.setPartitionsNum(12);
    destination.setPartitionHash(".*\\..*:$pk$");
    System.out.println("ready");
    while (true) {
      Message message = server.getWithoutAck(client, BATCH, WAIT_MS, TimeUnit.MILLISECONDS);
      if (message.getId() == -1) continue;
      producer.send(destination, message, acknowledge(server, client, message.getId()));
    }
  }

  private static Callback acknowledge(CanalServerWithEmbedded server, ClientIdentity client, long batch) {
    return new Callback() {
      @Override
      public void commit() {
        server.ack(client, batch);
      }

      @Override
      public void rollback() {
        System.out.println("a batch was not sent");
        System.exit(1);
      }
    };
  }

  private static CanalParameter parameters(String[] args) {
    CanalParameter parameters = new CanalParameter();
    parameters.setCanalId(1L);
    parameters.setMetaMode(CanalParameter.MetaMode.MEMORY);
    parameters.setIndexMode(CanalParameter.IndexMode.MEMORY);
    parameters.setStorageMode(CanalParameter.StorageMode.MEMORY);
    parameters.setMemoryStorageBufferSize(16 * 1024);
    parameters.setMemoryStorageRawEntry(true);
    parameters.setSourcingType(CanalParameter.SourcingType.MYSQL);
    parameters.setHaMode(CanalParameter.HAMode.HEARTBEAT);
    parameters.setDbAddresses(List.of(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0]))));
    parameters.setDbUsername("root");
    parameters.setDbPassword("");
    parameters.setSlaveId(Long.parseLong(args[1]));
    parameters.setPositions(List.of("{\"journalName\":\"" + args[2] + "\",\"position\":" + args[3] + "}"));
    parameters.setConnectionCharset("UTF-8");
    parameters.setDefaultConnectionTimeoutInSeconds(30);
    parameters.setReceiveBufferSize(16 * 1024);
    parameters.setSendBufferSize(16 * 1024);
    parameters.setDetectingEnable(false);
    parameters.setTsdbEnable(false);
    parameters.setGtidEnable(false);
    parameters.setParallel(true);
    return parameters;
  }

  private static Properties kafka(String broker) {
    Properties properties = new Properties();
    properties.put("kafka.bootstrap.servers", broker);
    properties.put("kafka.acks", "all");
    properties.put("canal.mq.flatMessage", "true");
    properties.put("canal.mq.database.hash", "true");
    return properties;
  }
}
