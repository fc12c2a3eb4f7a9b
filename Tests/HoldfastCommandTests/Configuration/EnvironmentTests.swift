import HoldfastCore
import Testing

@testable import HoldfastCommand

@Suite("The environment fills in and overrides")
struct EnvironmentTests {
    @Test("a variable is put in once, and what it holds is not looked at again")
    func expansion() throws {
        let account = try configuration(
            "accounts:\n  - { id: a, url: \"ws://h/\", token: \"<${A}>$$\" }\n", environment: ["A": "${B}$$"]
        ).fleet.accounts.first
        #expect(account?.token == Secret("<${B}$$>$"))
    }

    @Test(
        "what cannot be put in is an error",
        arguments: [
            ("${NOT_SET}", "the environment variable NOT_SET is not set; set it, or write the value here"),
            ("$NAME", "a dollar sign stands alone; write ${NAME} for an environment variable, or $$ for a dollar sign"),
            ("${}", "a dollar sign stands alone; write ${NAME} for an environment variable, or $$ for a dollar sign"),
            ("${A", "a dollar sign stands alone; write ${NAME} for an environment variable, or $$ for a dollar sign"),
            ("${1A}", "a dollar sign stands alone; write ${NAME} for an environment variable, or $$ for a dollar sign"),
            ("100$", "a dollar sign stands alone; write ${NAME} for an environment variable, or $$ for a dollar sign"),
        ])
    func badExpansion(text: String, message: String) {
        let yaml = "accounts:\n  - id: a\n    url: ws://h/\n    token: \"\(text)\"\n"
        #expect(problems(yaml) == ["fleet.yaml:4: accounts[0].token: \(message)"])
    }

    @Test("an override wins over the file, also where the file says nothing")
    func override() throws {
        let configuration = try configuration(
            "server: { listen: 127.0.0.1:1 }\n",
            environment: [
                "HOLDFAST_SERVER__LISTEN": "127.0.0.1:2", "HOLDFAST_LOG__FORMAT": "json",
                "HOLDFAST_DEFAULTS__HEARTBEAT__INTERVAL": "20s", "HOLDFAST_URL": "http://127.0.0.1:1",
                "HOLDFAST_DEFAULTS__RECOVERY__CLIMB": "[auth, server]",
            ])
        #expect(configuration.server.listen.port == 2)
        #expect(configuration.log.format == .json)
    }

    @Test("a wrong override names its variable")
    func wrongOverride() {
        let messages = problems(
            "log: { level: info }\n",
            environment: [
                "HOLDFAST_SERVER__LISTEN": "nowhere", "HOLDFAST_LOG__LEVL": "info", "HOLDFAST_LOG__LEVEL__X": "1",
                "HOLDFAST_STORE__": "1",
            ])
        #expect(
            messages.sorted() == [
                "environment:HOLDFAST_LOG__LEVEL__X: log.level.x: is part of a single value in the file; override the whole",
                "environment:HOLDFAST_LOG__LEVL: log.levl: unknown key; did you mean level? allowed: format, level",
                "environment:HOLDFAST_SERVER__LISTEN: server.listen: is not an address to listen on; write HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080",
                "environment:HOLDFAST_STORE__: HOLDFAST_STORE__: is no name of a key; write HOLDFAST_SECTION__KEY",
            ])
    }

    @Test("an override is taken as it is: a dollar sign in it means nothing")
    func overrideIsLiteral() throws {
        let configuration = try configuration("{}", environment: ["HOLDFAST_STORE__PATH": "a$b${C}"])
        #expect(configuration.store.path == "a$b${C}")
    }
}
