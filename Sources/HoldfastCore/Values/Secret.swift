/// A text that may be used but never shown: a token, a password, a cookie, a key.
///
/// Whatever prints it (interpolation, `description`, `debugDescription`, `dump`, a `Mirror`, an error or a structure that
/// contains it) gives `<redacted>`, without even the length. `withRevealed` is the only door, so every place where a
/// secret becomes a plain text can be found by searching for one word. It is not `Codable` on purpose.
public struct Secret: Hashable, Sendable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// Whether there is nothing to hide: an empty text is not a credential.
    public var isEmpty: Bool { text.isEmpty }

    /// Hands the plain text to `body`, to be written to the wire or sealed. Do not let it out.
    public func withRevealed<Result, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(text)
    }

    /// What is shown in place of every secret.
    public static let placeholder = "<redacted>"
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { Secret.placeholder }
    public var debugDescription: String { Secret.placeholder }
    public var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
