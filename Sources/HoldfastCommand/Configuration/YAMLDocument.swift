import Foundation
import Yams

/// Turns the text of a YAML file into nodes that know their lines. Everything that is wrong with the YAML itself is found here.
struct YAMLDocument {
    /// The largest file that is read.
    static let sizeLimitBytes = 64 << 20
    /// How deep mappings and lists may lie in each other; our own keys need six.
    static let depthLimit = 16
    /// How many repeated keys are looked for before the reader gives up on the file.
    static let repeatedKeysLimit = 50

    private let file: String
    private let reading: Reading

    /// - Parameters:
    ///   - file: the name used in messages.
    static func parse(_ text: String, file: String, reading: Reading) -> ConfigurationNode? {
        YAMLDocument(file: file, reading: reading).parse(text)
    }

    /// Reads and parses a file. Says what is wrong if that is not possible.
    static func load(path: String, reading: Reading) -> ConfigurationNode? {
        func refuse(_ problem: String, _ remedy: String) -> ConfigurationNode? {
            reading.report(problem, at: .line(1, file: path), key: "file", remedy)
            return nil
        }
        let attributes: [FileAttributeKey: Any]
        let data: Data
        do {
            let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
            attributes = try FileManager.default.attributesOfItem(atPath: resolved)
            guard attributes[.type] as? FileAttributeType == .typeRegular else {
                return refuse("is not a regular file", "give the path of a YAML file")
            }
            guard let size = attributes[.size] as? Int, size <= sizeLimitBytes else {
                return refuse("is too large", "at most \(Units.text(sizeBytes: sizeLimitBytes))")
            }
            data = try Data(contentsOf: URL(fileURLWithPath: resolved))
        } catch {
            return refuse("cannot be read (\(reason(of: error)))", "give the path of a readable YAML file")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            return refuse("is not UTF-8 text", "save the file as UTF-8")
        }
        return parse(text, file: path, reading: reading)
    }

    private static func reason(of error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError ?? error as NSError
        if underlying.domain == NSPOSIXErrorDomain { return String(cString: strerror(Int32(underlying.code))) }
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: return "no such file"
        case .fileReadNoPermission: return "permission denied"
        default: return "error \(underlying.code)"
        }
    }

    private func parse(_ original: String) -> ConfigurationNode? {
        guard !refersToAnchors(original) else { return nil }
        var text = FlowReferences.quoted(original)
        for round in 0...Self.repeatedKeysLimit {
            do {
                // `.basic` resolves no types: ours come from the key, and resolving costs a set of regular
                // expressions per value, which is seconds for a long list of accounts.
                let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
                guard let root = try parser.singleRoot() else {
                    // An editor that empties a file before it writes it must not empty the fleet.
                    reading.report(
                        "is empty", at: place(1), key: "file", "at least `accounts: []`, which means none")
                    return nil
                }
                return convert(root, line: 1, depth: 0)
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                report("is given more than once", line: context.mark.line, key: names.first, "keep one")
                // The parser stops at the first repeated key. It is renamed, so that the rest can be looked at as well.
                guard round < Self.repeatedKeysLimit,
                    let next = RepeatedKey.hide(at: context.mark, number: round, in: text)
                else { return nil }
                text = next
            } catch {
                reportSyntax(error)
                return nil
            }
        }
        return nil
    }

    /// A value that is written once and used in many places can make a small file unfold to an endless one, so there are none.
    private func refersToAnchors(_ text: String) -> Bool {
        guard let line = AnchorScan.firstAlias(in: text) else { return false }
        report(
            "YAML anchors and aliases (&name, *name) are not supported", line: line, key: nil,
            "put what all accounts share under defaults, and write out the rest")
        return true
    }

    private func convert(_ node: Node, line parentLine: Int, depth: Int) -> ConfigurationNode? {
        let line = node.mark?.line ?? parentLine
        guard depth < Self.depthLimit else {
            report("lies too deep in other values", line: line, key: nil, "at most \(Self.depthLimit) levels")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            return ConfigurationNode(content: content(of: scalar), place: place(line))
        case .sequence(let sequence):
            let items = sequence.compactMap { convert($0, line: line, depth: depth + 1) }
            return ConfigurationNode(content: .list(items), place: place(line))
        case .mapping(let mapping):
            var entries: [ConfigurationNode.Entry] = []
            entries.reserveCapacity(mapping.count)
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    report("has a key that is no text", line: key.mark?.line ?? line, key: nil, "keys are plain words")
                    continue
                }
                guard !RepeatedKey.isHidden(name.string),
                    let converted = convert(value, line: line, depth: depth + 1)
                else { continue }
                let keyLine = name.mark?.line ?? line
                entries.append(ConfigurationNode.Entry(key: name.string, place: place(keyLine), value: converted))
            }
            return ConfigurationNode(content: .mapping(entries), place: place(line))
        case .alias:
            return nil
        }
    }

    private func content(of scalar: Node.Scalar) -> ConfigurationNode.Content {
        if scalar.style == .plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
        return .scalar(scalar.string, expands: true)
    }

    /// The parser's texts name what it found, never the contents around it; its own description would print them.
    private func reportSyntax(_ error: any Error) {
        switch error {
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            let text = [context?.text, problem].compactMap { $0 }.joined(separator: " ")
            report(text, line: mark.line, key: nil, "the file must be valid YAML")
        case YamlError.composer(_, let problem, let mark, _):
            report(problem, line: mark.line, key: nil, "the file must be one valid YAML document")
        case YamlError.reader(let problem, _, _, _):
            report(problem, line: 1, key: nil, "only printable characters are allowed")
        default:
            report("cannot be parsed", line: 1, key: nil, "the file must be valid YAML")
        }
    }

    private func report(_ problem: String, line: Int, key: String?, _ remedy: String) {
        reading.report(problem, at: place(line), key: key ?? "yaml", remedy)
    }

    private func place(_ line: Int) -> Place { .line(line, file: file) }
}
