import Crypto
import HoldfastWire

/// Which proxy an account goes through.
enum ProxyChoice: Hashable, Sendable {
    case none
    /// The one that the process's environment names for the account's URL, if it names one.
    case environment
    case named(Proxy)

    func proxy(for url: String, in environment: [String: String]) throws(InvalidLinkTarget) -> Proxy? {
        switch self {
        case .none: nil
        case .environment: try ProxyEnvironment.proxy(for: url, in: environment)
        case .named(let proxy): proxy
        }
    }
}

/// Reads how an account's connection is made: `tls`, `proxy`, `tcp`. Each takes the settings in force so far and replaces what
/// is written, so the same code reads `defaults` and what an account has of its own.
enum NetworkReader {
    static func tls(_ section: Section, _ tls: inout TLSSettings, folder: String) {
        file(section, "ca", &tls.caFile, folder: folder)
        file(section, "certificate", &tls.certificateFile, folder: folder)
        file(section, "key", &tls.keyFile, folder: folder)
        optional(section, "server_name", &tls.serverName, allowed: "a host name")
        section.choice("min_version", &tls.minimumVersion)
        section.finish()
        guard section.reading.reference == nil else { return }
        if let name = tls.serverName, section.has("server_name") {
            do throws(InvalidLinkTarget) {
                _ = try LinkTarget(url: "wss://localhost/", tls: TLSSettings(serverName: name))
            } catch {
                tls.serverName = nil  // so that it is told once
                section.report("server_name", error.description, "write a host name, or leave it out")
            }
        }
        tls.revision = revision(of: tls, section.reading)
        if let problem = section.reading.problem(with: tls) {
            section.reading.report(
                problem, at: section.place, key: section.path, "ca, certificate and key are files in PEM")
        }
    }

    static func proxy(_ section: Section, _ proxy: inout ProxyChoice) {
        let allowed = "http://… or socks5://…, or environment"
        guard let text = section.text("proxy", allowed: allowed) else {
            if section.isNull("proxy") { proxy = .none }
            return
        }
        guard text != "environment" else {
            proxy = .environment
            return
        }
        do throws(InvalidLinkTarget) {
            proxy = .named(try Proxy(url: text))
        } catch {
            section.report(
                "proxy", error.description, "write [http|socks5]://[USER:PASSWORD@]HOST:PORT, or environment")
        }
    }

    static func tcp(_ section: Section, _ tcp: inout TCPSettings) {
        let times: ClosedRange<Duration> = .zero...TCPSettings.times.upperBound
        section.duration("keepalive", &tcp.keepAlive, in: times)
        section.duration("user_timeout", &tcp.userTimeout, in: times)
        optional(section, "local_address", &tcp.localAddress, allowed: "an address of this machine")
        section.finish()
        guard let address = tcp.localAddress else { return }
        do throws(InvalidLinkTarget) {
            var own = TCPSettings()
            own.localAddress = address
            _ = try LinkTarget(url: "ws://localhost/", tcp: own)
        } catch {
            tcp.localAddress = nil  // so that it is told once
            section.report("local_address", error.description, "write an address such as 192.0.2.1 or 2001:db8::1")
        }
    }

    /// A text that `null` takes back.
    private static func optional(_ section: Section, _ key: String, _ value: inout String?, allowed: String) {
        if let text = section.text(key, allowed: allowed) {
            value = text
        } else if section.isNull(key) {
            value = nil
        }
    }

    private static func file(_ section: Section, _ key: String, _ path: inout String?, folder: String) {
        var written: String?
        optional(section, key, &written, allowed: "a PEM file, relative to this file")
        if section.isNull(key) { path = nil }
        guard let written else { return }
        let resolved = Paths.resolve(written, in: folder)
        if section.reading.digest(of: resolved) != nil {
            path = resolved
        } else {
            section.report(key, "the file cannot be read", "give the path of a PEM file of at most 1MiB")
        }
    }

    /// Stands for what is in the files, so that a reload finds out when they have changed.
    private static func revision(of tls: TLSSettings, _ reading: Reading) -> String? {
        let files = [tls.caFile, tls.certificateFile, tls.keyFile].compactMap { $0 }
        return files.isEmpty ? nil : files.map { reading.digest(of: $0) ?? "" }.joined(separator: " ")
    }
}

extension Reading {
    /// SHA-256 of a file of at most 1 MiB, or nil if it cannot be read. A file is read once, however many accounts name it.
    func digest(of path: String) -> String? {
        if let known = digests[path] { return known }
        guard let data = Paths.smallFile(path, limitBytes: 1 << 20) else { return nil }
        let digest = SHA256.hash(data: data).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        digests[path] = digest
        return digest
    }

    /// What is wrong with the files of TLS settings. Equal settings are looked at once.
    func problem(with tls: TLSSettings) -> String? {
        var files = tls
        files.serverName = nil
        if let known = tlsProblems[files] { return known }
        let problem = TLSContexts.problem(with: files)
        tlsProblems[files] = .some(problem)
        return problem
    }
}
