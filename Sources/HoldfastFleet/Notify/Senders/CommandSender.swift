import HoldfastCore

/// Starts a program with the notification on its standard input, as one JSON object in one line. Status 0: it has the message.
/// Any other is tried again, and 64 … 78 (`sysexits.h`) but 75 (`EX_TEMPFAIL`) count as a refusal.
struct CommandSender: NotificationSender {
    let configuration: CommandChannel
    let timeout: Duration

    func send(_ notification: AlertNotification, _ text: NotificationText) async throws(ChannelFailure) {
        guard let input = try? NotificationJSON(notification, text).json(snakeCase: true) else {
            throw .refused("the message cannot be written as JSON")
        }
        let outcome = await ProgramRun.run(
            configuration.run, input: input + [UInt8(ascii: "\n")], deadline: timeout,
            outputLimitBytes: CommandChannel.outputLimitBytes)
        switch outcome {
        case .ended(status: 0, _): return
        case .ended(let status, _) where (64...78).contains(status) && status != 75:
            throw .refused("the program ended with status \(status)")
        case .ended(let status, _): throw .later("the program ended with status \(status)")
        case .timedOut: throw .later("the program did not end in time and was killed")
        case .tooMuchOutput: throw .later("the program wrote too much and was killed")
        case .notStarted(let reason): throw .later("the program cannot be started: \(reason)")
        }
    }
}
