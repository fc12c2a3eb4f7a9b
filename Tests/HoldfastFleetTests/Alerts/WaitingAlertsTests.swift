import HoldfastCore
import Testing

@testable import HoldfastFleet

@Suite("Alerts that wait for the disk")
struct WaitingAlertsTests {
    private func alert(_ number: Int, isOver: Bool) -> Alert {
        let startsAt = WallTime(milliseconds: Int64(number))
        let endpoint = "ws://a:\(number)"
        var alert = Alert(
            cause: AlertCause(.endpoint, endpoint: endpoint), scope: .endpoint(endpoint),
            figures: [AlertFigure(.connectedShare, value: 0.25, threshold: 0.7, samples: 812)], startsAt: startsAt)
        if isOver { alert.endsAt = startsAt + .seconds(1) }
        return alert
    }

    @Test("of too many the oldest that are over go, and none that lasts")
    func limit() {
        var waiting = WaitingAlerts()
        var lost = 0
        for number in 0..<2 * WaitingAlerts.limit {
            waiting.add(alert(number, isOver: number >= 10))
            lost += waiting.shorten()
        }
        #expect(waiting.count == WaitingAlerts.limit)
        #expect(lost == WaitingAlerts.limit)
        let first = waiting.inOrder.prefix(11).map(\.startsAt.milliseconds)
        #expect(first == Array(0..<10) + [Int64(WaitingAlerts.limit + 10)])
    }

    @Test("what could not be written takes the place of nothing newer")
    func putBack() {
        var waiting = WaitingAlerts()
        waiting.add(alert(1, isOver: true))
        waiting.putBack(alert(1, isOver: false))
        waiting.putBack(alert(0, isOver: false))
        #expect(waiting.inOrder.map(\.isActive) == [true, false])
    }
}
