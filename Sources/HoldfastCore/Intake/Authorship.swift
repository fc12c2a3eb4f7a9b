import DequeModule

/// Tells our own answers from a human's when the gateway shows us a message that our account sent (T6).
///
/// It is ours if its id came back for a send of ours, or if chat and text equal one of ours of the last minute (the
/// confirmation may come after the message). Otherwise a human answered.
public struct Authorship: Hashable, Sendable {
    private struct Answer: Hashable {
        var at: Instant
        var chat: String
        var text: String
        var messageID: String?
        var clientID: String
    }

    private var answers: Deque<Answer> = []

    /// Answers remembered at once; the oldest is forgotten first.
    public static let limit = 1_000

    public init() {}

    /// We sent an answer.
    public mutating func sent(clientID: String, chat: String, text: String, at now: Instant) {
        if answers.count >= Self.limit { answers.removeFirst() }
        answers.append(Answer(at: now, chat: chat, text: text, messageID: nil, clientID: clientID))
    }

    /// The gateway confirmed an answer of ours and named it.
    public mutating func confirmed(clientID: String, messageID: String) {
        guard let index = answers.lastIndex(where: { $0.clientID == clientID }) else { return }
        answers[index].messageID = messageID
    }

    /// Whether a message that our account sent was sent by us.
    public mutating func isOurs(
        messageID: String?, chat: String, text: String, at now: Instant, _ settings: IntakeSettings
    ) -> Bool {
        while let oldest = answers.first, oldest.at + settings.ownAnswerMemory < now { answers.removeFirst() }
        return answers.contains { answer in
            if let messageID, answer.messageID == messageID { return true }
            return answer.chat == chat && answer.text == text
        }
    }
}
