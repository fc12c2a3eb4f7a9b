public import HoldfastCore
import HoldfastStore

/// What stands between the alert desk and the channels by which people are told. The desk decides that there is something to
/// be told and keeps it in the queue of the register; an outlet takes it from there and sends it.
///
/// The desk calls these from a task of its own, one after the other and in the order of the messages. They must not wait for
/// a network.
public protocol NotificationOutlet: Sendable {
    /// The names of the channels that this message is for; none: nobody is told.
    func channels(for notification: AlertNotification) -> [String]

    /// Messages for these channels are in the queue now, and durable (`Register.nextNotification(on:)`).
    func queued(on channels: [String])

    /// A message that could not be put into the queue, because there is no store or it takes nothing: it is to be kept in
    /// memory, within a limit, and sent from there.
    func send(_ notification: AlertNotification, on channels: [String])
}
