import ArgumentParser
import Foundation

/// `--filter`: which accounts are meant.
struct FilterOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only accounts with state=NAME, status=NAME, or a text in their id. May be given more than once; all must hold.",
            valueName: "what"))
    var filter: [String] = []

    /// The filters as the API has them.
    /// - Throws: `ValidationError` if one is not understood.
    func parameters() throws -> [(String, String)] {
        var found: [(String, String)] = []
        for text in filter {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            let pair: (String, String)
            switch parts.count {
            case 1 where !text.contains("="): pair = ("q", text)
            case 2 where ["state", "status", "q"].contains(parts[0]): pair = (parts[0], parts[1])
            default:
                throw ValidationError(
                    "'\(text)' is no filter; write state=reconnecting, status=unhealthy, or a part of an id.")
            }
            guard !found.contains(where: { $0.0 == pair.0 }) else {
                throw ValidationError("The filter '\(pair.0)' is given more than once.")
            }
            found.append(pair)
        }
        return found
    }
}

/// The accounts an action is for: ids, or `--filter`, or `--all`.
struct AccountSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("The accounts.", valueName: "account"))
    var ids: [String] = []

    @OptionGroup var filter: FilterOption

    @Flag(help: "All accounts of the fleet.")
    var all = false

    func validate() throws {
        let ways = [!ids.isEmpty, !filter.filter.isEmpty, all].count { $0 }
        guard ways == 1 else {
            throw ValidationError("Say which accounts: their ids, or --filter, or --all (one of the three).")
        }
        for id in ids { try Self.validate(id: id) }
        _ = try filter.parameters()
    }

    /// - Throws: `ValidationError` if the text can be no account's id.
    static func validate(id: String) throws {
        guard AccountsReader.isID(id) else {
            throw ValidationError(
                "'\(Section.printable(id))' is no account id: 1 to 64 of the characters A-Z a-z 0-9 . _ -")
        }
    }

    /// The body of an action on many accounts.
    func body() throws -> Data {
        let parameters = try filter.parameters()
        let object: [String: Any] =
            all ? ["all": true] : ["filter": Dictionary(parameters, uniquingKeysWith: { first, _ in first })]
        return try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    }
}
