enum PlaceholderLab {}
import Hummingbird
