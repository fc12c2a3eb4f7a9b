enum PlaceholderWire {}
import NIOSSL
