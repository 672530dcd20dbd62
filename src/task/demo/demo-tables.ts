export const DEMO_DATABASE = 'demo';
export const ACCOUNTS = 500;

/** `visits` has no key: rows that are there twice must be there twice on the target. */
export const CREATE_STATEMENTS: readonly string[] = [
  'CREATE DATABASE demo DEFAULT CHARACTER SET utf8mb4',
  `CREATE TABLE demo.accounts (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    owner VARCHAR(60) NOT NULL UNIQUE,
    balance DECIMAL(14,2) NOT NULL,
    changed_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6)
  ) ENGINE = InnoDB`,
  `CREATE TABLE demo.transfers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    from_id INT UNSIGNED NOT NULL,
    to_id INT UNSIGNED NOT NULL,
    amount DECIMAL(10,2) NOT NULL,
    note VARCHAR(100) NULL,
    made_at DATETIME(3) NOT NULL,
    KEY (from_id)
  ) ENGINE = InnoDB`,
  `CREATE TABLE demo.documents (
    id CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    bytes VARBINARY(64) NULL,
    revision INT NOT NULL,
    kind ENUM('letter', 'invoice', 'naïve') NOT NULL
  ) ENGINE = InnoDB`,
  `CREATE TABLE demo.visits (
    page VARCHAR(20) NOT NULL,
    visitor INT NULL,
    day DATE NOT NULL
  ) ENGINE = InnoDB`,
  `CREATE TABLE demo.marks (
    id INT UNSIGNED NOT NULL PRIMARY KEY,
    written_at DATETIME(6) NOT NULL
  ) ENGINE = InnoDB`,
  `INSERT INTO demo.accounts (owner, balance) VALUES ${Array.from(
    { length: ACCOUNTS },
    (_, index) => `('owner ${index + 1} ☂', 1000)`,
  ).join(', ')}`,
];

/** In the midst of the load. */
export const ALTER_STATEMENT =
  "ALTER TABLE demo.accounts ADD COLUMN tier ENUM('plain', 'gold') NOT NULL DEFAULT 'plain' AFTER owner";
