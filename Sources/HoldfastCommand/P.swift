import ArgumentParser
import AsyncHTTPClient
import Yams
import Crypto
import ServiceLifecycle
@main struct H: ParsableCommand {}
