// What a program that embeds a fleet names, so that `import HoldfastFleet` is enough. By name, because a whole module would
// bring names along that other packages have, too.
@_exported public import struct HoldfastCore.GateSettings
@_exported public import struct HoldfastCore.HeartbeatSettings
@_exported public import struct HoldfastCore.IntakeSettings
@_exported public import struct HoldfastCore.PhaseSettings
@_exported public import struct HoldfastCore.RecoverySettings
@_exported public import struct HoldfastCore.RetrySettings
@_exported public import struct HoldfastCore.Secret
@_exported public import enum HoldfastCore.SessionCommand
@_exported public import class HoldfastCore.SessionSettings
@_exported public import enum HoldfastCore.SessionState
@_exported public import struct HoldfastStore.Delivery
@_exported public import struct HoldfastStore.JournalMessage
@_exported public import struct HoldfastStore.JournalPage
@_exported public import struct HoldfastStore.Letter
@_exported public import struct HoldfastStore.OutboxMessage
@_exported public import struct HoldfastStore.StoredPause
@_exported public import struct HoldfastWire.DeflateOptions
@_exported public import protocol HoldfastWire.Dialect
@_exported public import struct HoldfastWire.JSONDialect
@_exported public import struct HoldfastWire.LWP
@_exported public import struct HoldfastWire.LinkTarget
@_exported public import struct HoldfastWire.Ping
@_exported public import struct HoldfastWire.Proxy
@_exported public import struct HoldfastWire.TLSSettings
