import Foundation

/// An answer of `GET /api/v1/fleet`: the whole fleet in brief, or what has changed since an earlier answer.
struct FleetRecord: Decodable, Sendable {
    var version: String
    var whole: Bool
    var totals: TotalsRecord
    var reasons: [AccountRecord.Reason]
    var accounts: Columns
    var seconds: [Second]

    /// One list, or one text with a digit per account, for each column.
    struct Columns: Decodable, Sendable {
        var stateNames: [String]
        var statusNames: [String]
        var ids: [String]
        var states: String
        var statuses: String
    }

    /// What happened in one second.
    struct Second: Decodable, Sendable {
        var connected = 0.0
        var opened = 0.0
        var failed = 0.0
        var lost = 0.0
        var heartbeats = 0.0
        var misses = 0.0
        var messages = 0.0
        var replyMs: Double?

        init(from decoder: any Decoder) throws {
            var list = try decoder.unkeyedContainer()
            // When, how many are enabled, and how many are connecting are not shown.
            _ = try list.decode(Double.self)
            _ = try list.decode(Double.self)
            connected = try list.decode(Double.self)
            _ = try list.decode(Double.self)
            opened = try list.decode(Double.self)
            failed = try list.decode(Double.self)
            lost = try list.decode(Double.self)
            heartbeats = try list.decode(Double.self)
            misses = try list.decode(Double.self)
            messages = try list.decode(Double.self)
            replyMs = try list.decodeIfPresent(Double.self)
        }
    }
}

/// The fleet as it is known after one answer or many.
struct FleetPicture: Sendable {
    private(set) var version: String?
    private(set) var totals = TotalsRecord()
    private(set) var reasons: [AccountRecord.Reason] = []
    /// Oldest first.
    private(set) var seconds: [FleetRecord.Second] = []
    /// The status of every account, in the order of the ids, and whether it is connected.
    private(set) var cells: [Cell] = []
    private var places: [String: Int] = [:]

    struct Cell: Hashable, Sendable {
        var status: String
        var isConnected: Bool
    }

    private static let secondsKept = 900

    mutating func take(_ answer: FleetRecord) {
        version = answer.version
        totals = answer.totals
        reasons = answer.reasons
        if answer.whole { (cells, places, seconds) = ([], [:], []) }
        seconds = (seconds + answer.seconds).suffix(Self.secondsKept)
        let columns = answer.accounts
        func name(_ names: [String], _ digit: UInt8) -> String {
            let index = Int(digit) - Int(UInt8(ascii: "0"))
            return names.indices.contains(index) ? names[index] : "?"
        }
        for ((id, state), status) in zip(zip(columns.ids, columns.states.utf8), columns.statuses.utf8) {
            let cell = Cell(
                status: name(columns.statusNames, status), isConnected: name(columns.stateNames, state) == "connected")
            if let place = places[id] {
                cells[place] = cell
            } else {
                places[id] = cells.count
                cells.append(cell)
            }
        }
    }
}
