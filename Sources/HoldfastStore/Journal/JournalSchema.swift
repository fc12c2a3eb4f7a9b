import GRDB

/// The tables of the journal, step by step. A step that has been released is never changed; a change is a new step.
enum JournalSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: messages, letters, outbox, pauses") { db in
            try db.execute(sql: "CREATE TABLE account (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)")
            try createMessages(db)
            try createLetters(db)
            try createOutbox(db)
            try db.execute(
                sql: """
                    CREATE TABLE pause (
                        account INTEGER NOT NULL, chat TEXT NOT NULL, until INTEGER NOT NULL,
                        PRIMARY KEY (account, chat)
                    ) WITHOUT ROWID
                    """)
        }
        return migrator
    }

    /// `state` is a `JournalMessage.State`. The unique key is what makes a second delivery a duplicate (T2);
    /// the id comes first because gateways mostly count upwards, so that new keys of all accounts lie together. The partial index
    /// holds only what is open, in the order in which it came: a new row touches its last page and no other. (An index by
    /// chat would touch another page for each row, and each touched page is written whole.)
    private static func createMessages(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE message (
                    id INTEGER PRIMARY KEY,
                    account INTEGER NOT NULL, message_id TEXT NOT NULL, chat TEXT NOT NULL,
                    received_at INTEGER NOT NULL, sent_at INTEGER,
                    sender TEXT, name TEXT, text TEXT, item TEXT, flags INTEGER NOT NULL, raw BLOB NOT NULL,
                    state INTEGER NOT NULL DEFAULT 0, delivery TEXT,
                    UNIQUE (message_id, account)
                );
                CREATE INDEX message_open ON message (state) WHERE state IN (0, 4);
                """)
    }

    /// A letter holds a copy of its message, which is swept long before it. Its number is never given to another one: people
    /// write it down.
    private static func createLetters(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE letter (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    account INTEGER NOT NULL, at INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL,
                    message_id TEXT, chat TEXT NOT NULL, received_at INTEGER NOT NULL, sent_at INTEGER,
                    sender TEXT, name TEXT, text TEXT, item TEXT, flags INTEGER NOT NULL, raw BLOB NOT NULL
                );
                CREATE INDEX letter_account ON letter (account, id);
                """)
    }

    private static func createOutbox(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE outbox (
                    id INTEGER PRIMARY KEY,
                    account INTEGER NOT NULL, client_id TEXT NOT NULL,
                    chat TEXT NOT NULL, receiver TEXT NOT NULL, text TEXT NOT NULL,
                    state INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
                    sent_at INTEGER, remote_id TEXT, problem TEXT,
                    UNIQUE (account, client_id)
                );
                CREATE INDEX outbox_open ON outbox (account, id) WHERE state < 2;
                CREATE INDEX outbox_created ON outbox (created_at);
                """)
    }
}
