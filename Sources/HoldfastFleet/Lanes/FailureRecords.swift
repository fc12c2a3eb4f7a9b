/// The newest failure records of a lane, by serial number. Older ones are forgotten, so a fleet in a long outage does not
/// fill the memory with the texts of its failures.
struct FailureRecords {
    /// How many records a fleet keeps, over all its lanes.
    static let fleetLimit = 2_048

    private let limit: Int
    private var records: [FailureNote] = []
    /// The serial number of the next record. Serial 0 is never given.
    private var next: UInt32 = 1

    init(lanes: Int) {
        limit = max(Self.fleetLimit / max(lanes, 1), 1)
    }

    /// Keeps the record and returns its serial number.
    mutating func append(_ record: FailureNote) -> UInt32 {
        let serial = next
        next = next == .max ? 1 : next + 1
        if records.count < limit {
            records.append(record)
        } else {
            records[place(of: serial)] = record
        }
        return serial
    }

    /// The record, if it is still kept.
    subscript(serial: UInt32) -> FailureNote? {
        guard serial != 0 else { return nil }
        let age = next &- serial
        guard age > 0, age <= UInt32(records.count) else { return nil }
        return records[place(of: serial)]
    }

    private func place(of serial: UInt32) -> Int {
        Int(serial - 1) % limit
    }
}
