import Foundation
import Glibc
import HoldfastCore
import HoldfastStore
import Synchronization

/// How fast the journal takes messages in: batches come at a steady rate from two sides, as from two lanes, and the time
/// from the handing over to the durable commit is what a message waits for its acknowledgement because of the journal.
@main
struct JournalBenchmark {
    let folder: String
    /// Messages per second; 0: as fast as it goes.
    var rate = 60_000
    var seconds = 10
    var perBatch = 16

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count > 1 else {
            print("usage: JournalBenchmark FOLDER [MESSAGES PER SECOND, 0 = as fast as it goes] [SECONDS] [PER BATCH]")
            exit(64)
        }
        func number(_ index: Int) -> Int? { arguments.indices.contains(index) ? Int(arguments[index]) : nil }
        var benchmark = JournalBenchmark(folder: arguments[1])
        benchmark.rate = number(2) ?? benchmark.rate
        benchmark.seconds = number(3) ?? benchmark.seconds
        benchmark.perBatch = max(1, number(4) ?? benchmark.perBatch)
        try benchmark.run()
    }

    func run() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let journal = try Journal(folder: folder)
        let tally = Tally()
        let began = Self.nanoseconds(CLOCK_MONOTONIC)
        let usedBefore = Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID)
        let end = began + seconds * 1_000_000_000
        DispatchQueue.concurrentPerform(iterations: 2) { produce($0, into: journal, tally, until: end) }
        while tally.open.load(ordering: .relaxed) > 0 { usleep(1_000) }
        let took = Double(Self.nanoseconds(CLOCK_MONOTONIC) - began) / 1e9
        let used = Double(Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - usedBefore) / 1e9
        let times = tally.times.withLock { $0.sorted() }
        func wait(_ share: Double) -> Double {
            times.isEmpty ? 0 : Double(times[min(times.count - 1, Int(share * Double(times.count)))]) / 1_000
        }
        let count = tally.written.load(ordering: .relaxed)
        print(
            """
            messages/s \(Int(Double(count) / took))  commits/s \(Int(Double(journal.figures.commits) / took))  \
            cpu µs/message \((used * 1e7 / Double(max(1, count))).rounded() / 10)  \
            wait ms p50 \(wait(0.5)) p90 \(wait(0.9)) p99 \(wait(0.99)) max \(wait(1))  \
            file MiB \(journal.figures.fileBytes >> 20)
            """)
        journal.close()
    }

    /// One side: hands over batches until the time is over.
    private func produce(_ side: Int, into journal: Journal, _ tally: Tally, until end: Int) {
        var number = side
        let interval = rate > 0 ? 2 * perBatch * 1_000_000_000 / rate : 0
        var due = Self.nanoseconds(CLOCK_MONOTONIC)
        while due < end {
            while Self.nanoseconds(CLOCK_MONOTONIC) < due || (rate == 0 && tally.open.load(ordering: .relaxed) > 20_000)
            {
                usleep(200)
            }
            let entries = (0..<perBatch).map { Self.entry(number + 2 * $0) }
            number += 2 * perBatch
            let at = Self.nanoseconds(CLOCK_MONOTONIC)
            tally.open.add(perBatch, ordering: .relaxed)
            journal.add(entries) { rows in tally.written(rows.count, since: at) }
            due = rate == 0 ? at : due + interval
        }
    }

    private static func entry(_ number: Int) -> JournalEntry {
        let wall = WallTime(milliseconds: 1_763_712_345_678)
        return JournalEntry(
            account: "shop-\(number % 100)",
            messages: [
                JournalMessage(
                    id: "1763712345678.1.\(number)", chat: "chat-\(number % 1_000)@goofish", receivedAt: wall,
                    sentAt: wall, sender: "2001", name: "Buyer", text: "is this still there? message \(number)",
                    item: "1001", raw: raw)
            ])
    }

    /// As the gateway writes it.
    private static let raw =
        Array(
            #"{"1":{"2":"31415926535@goofish","3":"1763712345678.1.123456","5":1763712345678,"10":{"senderUserId":"2001","#
                .utf8)
        + Array(
            #""reminderTitle":"Buyer","reminderContent":"is this still there? message 123456","reminderUrl":"#.utf8)
        + Array(#""fleamarket://message_chat?itemId=1001","sessionType":"1"}}}"#.utf8)

    static func nanoseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

final class Tally: Sendable {
    let written = Atomic<Int>(0)
    let open = Atomic<Int>(0)
    /// Waiting times of batches, in microseconds.
    let times = Mutex<[Int]>([])

    func written(_ count: Int, since began: Int) {
        open.subtract(count, ordering: .relaxed)
        written.add(count, ordering: .relaxed)
        let took = (JournalBenchmark.nanoseconds(CLOCK_MONOTONIC) - began) / 1_000
        times.withLock { $0.append(took) }
    }
}
