/// A decoder, and what is demanded of it for any bytes at all: more than not to crash. `make fuzz` feeds it what libFuzzer
/// makes up, `make test` feeds it the inputs kept in `Tests/Corpus`.
package enum FuzzTarget: String, CaseIterable, Sendable {
    case frames, heads, inflate, extensions, json, lwp, proxy
    case jsonDialect = "json-dialect"
    case messagePack = "messagepack"
    case items

    package func run(_ bytes: [UInt8]) throws(BrokenPromise) {
        switch self {
        case .frames: try tryFrames(bytes)
        case .heads: try tryHeads(bytes)
        case .inflate: try tryInflate(bytes)
        case .extensions: try tryExtensions(bytes)
        case .json: try tryJSON(bytes)
        case .lwp: try tryLWP(bytes)
        case .jsonDialect: try tryJSONDialect(bytes)
        case .proxy: try tryProxies(bytes)
        case .messagePack: try tryMessagePack(bytes)
        case .items: try tryItems(bytes)
        }
    }
}

/// What was demanded of a decoder, and did not hold.
package struct BrokenPromise: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) {
        self.description = description
    }
}

func demand(_ promise: Bool, _ text: @autoclosure () -> String) throws(BrokenPromise) {
    if !promise { throw BrokenPromise(text()) }
}
