import GRDB

/// The tables of the register, step by step. A step that has been released is never changed; a change is a new step.
enum RegisterSchema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: accounts, secrets, timeline, audit") { db in
            try createAccounts(db)
            try createSecrets(db)
            try createTimeline(db)
            try createAudit(db)
        }
        migrator.registerMigration("2: settings of failures, what a quarantine was for") { db in
            try db.create(table: "settings", options: .withoutRowID) { table in
                table.primaryKey("id", .text)
                table.column("text", .text).notNull()
            }
            try db.alter(table: "account") { table in
                table.add(column: "quarantine_declared", .text)
            }
        }
        migrator.registerMigration("3: alerts, silences, notifications that wait") { db in
            try createAlerts(db)
            try createNotifications(db)
        }
        migrator.registerMigration("4: removed accounts, logins that need a person") { db in
            try db.alter(table: "account") { table in
                table.add(column: "removed_at", .integer)
                table.add(column: "login_needs_person", .boolean).notNull().defaults(to: false)
            }
        }
        return migrator
    }

    /// What is known of an account beside its declaration: `declaration` is set only for those added at run time.
    private static func createAccounts(_ db: Database) throws {
        try db.create(table: "account", options: .withoutRowID) { table in
            table.primaryKey("id", .text)
            table.column("declaration", .text)
            table.column("device", .text).notNull()
            table.column("enabled", .boolean)
            table.column("enabled_declared", .boolean)
            table.column("rung", .integer).notNull().defaults(to: 0)
            table.column("quarantine", .integer)
            table.column("restarts", .text).notNull().defaults(to: "")
            table.column("login_started_at", .integer)
            table.column("login_fruitless", .integer).notNull().defaults(to: 0)
        }
    }

    private static func createSecrets(_ db: Database) throws {
        try db.create(table: "secret", options: .withoutRowID) { table in
            table.column("account", .text).notNull()
            table.column("kind", .text).notNull()
            table.column("key", .text).notNull()
            table.column("sealed", .blob).notNull()
            table.column("declared", .text)
            table.column("obtained_at", .integer).notNull()
            table.column("lifetime_ms", .integer)
            table.primaryKey(["account", "kind"])
        }
    }

    private static func createTimeline(_ db: Database) throws {
        try db.create(table: "timeline") { table in
            table.autoIncrementedPrimaryKey("id")
            table.column("account", .text).notNull()
            table.column("at", .integer).notNull()
            table.column("from_state", .integer).notNull()
            table.column("to_state", .integer).notNull()
            table.column("reason", .text).notNull()
            table.column("failures", .integer).notNull()
            table.column("generation", .integer).notNull()
            table.column("incarnation", .integer).notNull()
            table.column("class", .text)
            table.column("code", .text)
            table.column("detail", .text)
        }
        try db.create(indexOn: "timeline", columns: ["account", "id"])
        try db.create(indexOn: "timeline", columns: ["at"])
    }

    private static func createAudit(_ db: Database) throws {
        try db.create(table: "audit") { table in
            table.autoIncrementedPrimaryKey("id")
            table.column("at", .integer).notNull().indexed()
            table.column("who", .text).notNull()
            table.column("origin", .text).notNull()
            table.column("action", .text).notNull()
            table.column("account", .text)
            table.column("detail", .text)
        }
    }

    /// `body` is the alert, or the silence, as JSON; beside it only what is searched for.
    private static func createAlerts(_ db: Database) throws {
        try db.create(table: "alert") { table in
            table.autoIncrementedPrimaryKey("number")
            table.column("id", .text).notNull().unique()
            table.column("started_at", .integer).notNull()
            table.column("ended_at", .integer).indexed()
            table.column("body", .text).notNull()
        }
        try db.create(table: "silence", options: .withoutRowID) { table in
            table.primaryKey("id", .text)
            table.column("ends_at", .integer).notNull()
            table.column("body", .text).notNull()
        }
    }

    /// Messages to people that have not been delivered yet, one row for each channel. The numbers give their order.
    private static func createNotifications(_ db: Database) throws {
        try db.create(table: "notification") { table in
            table.autoIncrementedPrimaryKey("number")
            table.column("channel", .text).notNull()
            table.column("id", .text).notNull()
            table.column("queued_at", .integer).notNull()
            table.column("due_at", .integer).notNull()
            table.column("attempts", .integer).notNull().defaults(to: 0)
            table.column("problem", .text)
            table.column("body", .text).notNull()
            table.uniqueKey(["channel", "id"])
        }
    }
}
