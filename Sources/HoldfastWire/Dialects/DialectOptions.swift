/// The settings of a dialect as somebody wrote them, handed out by name. Wire does not know in what they are written; whoever
/// does tells each problem with its place.
///
/// A value that is wrong is reported and left out, so that reading goes on and all problems are told at once. Whoever reads
/// ends with `finish`, which reports the keys that nobody asked for.
public protocol DialectOptions {
    /// The keys that are there, in the order in which they were written.
    var keys: [String] { get }

    /// A text; nil if it is not there or wrong. `preset` and `allowed` are for the reference of all keys.
    func text(_ key: String, preset: String, allowed: String) -> String?

    /// `true` or `false`.
    func flag(_ key: String, _ value: inout Bool)

    /// One of a few words.
    func choice(_ key: String, _ value: inout String, among choices: @autoclosure () -> [String])

    /// One text or a list of texts; nil if there is none.
    func texts(_ key: String, allowed: String) -> [String]?

    /// A mapping of names of the operator's own to one text or a list of texts each; nil if there is none.
    func table(_ key: String, allowed: String) -> [(name: String, values: [String])]?

    /// The options inside this one; nil if there are none.
    func part(_ key: String) -> (any DialectOptions)?

    /// A list of options; nil if there is none.
    func parts(_ key: String) -> [any DialectOptions]?

    /// Says what is wrong with a key, and what is allowed.
    func report(_ key: String, _ problem: String, _ remedy: String)

    func finish()
}

/// A dialect that can be chosen in the configuration, with its settings under its own name.
public protocol ConfiguredDialect: Dialect {
    /// Reads the settings.
    ///
    /// - Parameters:
    ///   - options: what is written; empty if nothing is.
    ///   - base: what was read from the defaults of all accounts; nil if there are none, and for these defaults themselves.
    ///   - accountID: whose settings they are; nil for the defaults, where what belongs to one account has no place.
    static func read(_ options: any DialectOptions, over base: Self?, accountID: String?) -> Self
}

/// The dialects there are. Whoever adds one names it here, and nowhere else.
public enum Dialects {
    /// The first is the one in force where none is chosen.
    public static let all: [any ConfiguredDialect.Type] = [LWP.self, Ping.self, JSONDialect.self]
}
