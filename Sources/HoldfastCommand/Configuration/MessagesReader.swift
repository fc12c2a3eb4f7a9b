import HoldfastCore
import HoldfastFleet

/// What stands under `messages`, in `defaults` and in every account.
struct MessageDefaults {
    var mode = AccountConfiguration.MessageMode.durable
    var intake = IntakeSettings()

    mutating func read(_ section: Section) {
        section.choice("mode", &mode)
        section.count("concurrency", &intake.concurrency, in: 1...1_000)
        section.duration("debounce", &intake.debounce, in: .zero...(.seconds(60)))
        section.duration("longest_debounce", &intake.longestDebounce, in: .zero...(.seconds(600)))
        section.count("most_gathered", &intake.mostGathered, in: 1...200)
        section.duration("dedupe_ttl", &intake.dedupe, in: .seconds(1)...(.seconds(604_800)))
        section.duration("pause", &intake.pause, in: .zero...(.seconds(86_400)))
        section.finish()
    }
}
