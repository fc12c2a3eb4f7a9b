import Foundation
import Testing

@testable import HoldfastCommand

@Suite("Accounts may stand in a file of their own")
struct AccountsFileTests {
    /// Writes the files into a new folder, loads `fleet.yaml` from it, and removes the folder.
    private func load(_ files: [String: String], environment: [String: String] = [:]) throws -> (
        String, Result<Configuration, InvalidConfiguration>
    ) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, content) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: file)
        }
        let path = folder.path + "/fleet.yaml"
        return (
            folder.path,
            Result { () throws(InvalidConfiguration) in
                try ConfigurationLoader.load(path: path, environment: environment)
            }
        )
    }

    @Test(
        "as a list, as a mapping with the key accounts, and as an empty list",
        arguments: [
            ("- { id: a, url: \"ws://h/\" }\n- { id: b, url: \"ws://h/\" }\n", ["a", "b"]),
            ("accounts:\n  - { id: a, url: \"ws://h/\" }\n", ["a"]),
            ("[]\n", []),
        ])
    func shapes(content: String, ids: [String]) throws {
        let (_, result) = try load(["fleet.yaml": "accounts_file: accounts.yaml\n", "accounts.yaml": content])
        #expect(try result.get().fleet.accounts.map(\.id) == ids)
    }

    @Test("paths are relative to the file they stand in")
    func relativePaths() throws {
        let (folder, result) = try load([
            "fleet.yaml": "store: { path: data }\naccounts_file: sub/accounts.yaml\n",
            "sub/accounts.yaml": "- { id: a, url: \"wss://h/\", tls: { ca: ca.pem } }\n",
            "sub/ca.pem": testCertificate,
        ])
        let configuration = try result.get()
        #expect(configuration.store.path == "\(folder)/data")
        #expect(configuration.fleet.accounts.first?.target.tls.caFile == "\(folder)/sub/ca.pem")
    }

    @Test("problems in both files are told together, those of the first file first")
    func bothFiles() throws {
        let (folder, result) = try load([
            "fleet.yaml": "accounts_file: accounts.yaml\nlog: { level: loud }\n",
            "accounts.yaml": "- { id: a, url: \"ws://h/\" }\n- { id: a, url: \"ws://h/\" }\n- x\n",
        ])
        guard case .failure(let error) = result else {
            Issue.record("accepted")
            return
        }
        #expect(
            error.problems.map(\.description) == [
                "\(folder)/fleet.yaml:2: log.level: \"loud\" is not known; allowed: trace, debug, info, notice, warning, error, critical",
                "\(folder)/accounts.yaml:2: accounts[1].id: the id a is used already, at \(folder)/accounts.yaml:1; give every account its own id",
                "\(folder)/accounts.yaml:3: accounts[2]: is a single value; a mapping (key: value) is needed here",
            ])
    }

    @Test(
        "a file that cannot be read is told",
        arguments: [
            (
                ["fleet.yaml": "accounts_file: none.yaml\n"],
                "none.yaml:1: file: cannot be read (no such file); give the path of a readable YAML file"
            ),
            (
                ["fleet.yaml": "accounts_file: sub\n", "sub/x": ""],
                "sub:1: file: is not a regular file; give the path of a YAML file"
            ),
            (
                ["x.yaml": ""],
                "fleet.yaml:1: file: cannot be read (no such file); give the path of a readable YAML file"
            ),
        ])
    func unreadable(files: [String: String], message: String) throws {
        let (folder, result) = try load(files)
        #expect(throws: InvalidConfiguration.self) { try result.get() }
        if case .failure(let error) = result { #expect(error.description == "\(folder)/\(message)") }
    }

    @Test("the sealing key may stand in a file")
    func keyFile() throws {
        let key = Data(repeating: 7, count: 32).base64EncodedString()
        let (_, result) = try load(["fleet.yaml": "store: { key: \"file:key\" }\n", "key": key + "\n"])
        let configuration = try result.get()
        #expect(configuration.store.key?.withRevealed { $0 } == key)
    }
}
