import Foundation

/// What several sections have: programs, addresses of web services, certificates.
extension Section {
    /// A list of texts; nil if it is not there or wrong. What is in them may be secret, so no message shows it.
    ///
    /// - Parameter form: how it is to be written.
    func texts(_ key: String, write form: String = "a list of texts", mayBeEmpty: Bool = false) -> [String]? {
        guard let items = list(key) else { return nil }
        var texts: [String] = []
        for item in items {
            guard case .scalar(let raw, let expands) = item.content, mayBeEmpty || !raw.isEmpty else {
                report(key, "holds something that is no text", "write \(form)")
                return nil
            }
            guard let text = expands ? expanded(raw, at: item.place, key: name(of: key)) : raw else { return nil }
            texts.append(text)
        }
        return texts
    }

    /// `run`: a program and its arguments; nil if it is not there or wrong.
    ///
    /// - Parameter folder: where programs named by a relative path are.
    func program(in folder: String) -> [String]? {
        describe("run", "list", preset: "none", "the program and its arguments")
        let form = "[PROGRAM, ARGUMENT, …]"
        let isThere = has("run")
        guard var words = texts("run", write: form, mayBeEmpty: true) else {
            if !isThere, reading.reference == nil { report("run", "is missing", "write \(form)") }
            return nil
        }
        guard let program = words.first, !program.isEmpty else {
            report("run", "names no program", "write \(form)")
            return nil
        }
        if program.contains("/") { words[0] = Paths.resolve(program, in: folder) }
        return words
    }

    /// `url`: the address of a web service; nil if it is not there or wrong. It may hold a token, so no message shows it.
    func webAddress() -> String? {
        let url = text("url", allowed: "http://… or https://…")
        guard reading.reference == nil else { return nil }
        guard let url, let parts = URL(string: url), ["http", "https"].contains(parts.scheme), parts.host != nil else {
            report("url", has("url") ? "is no address" : "is missing", "write http://… or https://…")
            return nil
        }
        return url
    }

    /// `ca`: the path of a file with certificates to trust; nil if it is not there or cannot be read.
    ///
    /// - Parameter folder: what a relative path is relative to.
    func certificates(in folder: String) -> String? {
        guard let file = text("ca", allowed: "a PEM file, relative to this file") else { return nil }
        let path = Paths.resolve(file, in: folder)
        guard Paths.smallFile(path, limitBytes: 1 << 20) != nil else {
            report("ca", "the file cannot be read", "give the path of a PEM file of at most 1MiB")
            return nil
        }
        return path
    }
}
