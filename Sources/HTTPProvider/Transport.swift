internal import AsyncHTTPClient
internal import FoundationEssentials
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import Provider

/// Makes requests of a server: on kept connections, following redirects, each attempt by itself.
final class Transport: Sendable {
  /// Why an attempt has failed.
  struct Failure: Error {
    let error: ProviderError
    /// Whether another attempt may do better.
    var isTransient = false
    /// How long the server wants to be left alone.
    var retryAfter: Duration?
  }

  let source: HTTPSource
  let options: HTTPOptions
  private let client: HTTPClient
  private let slots: Slots

  private static let mostRedirections = 5

  init(source: HTTPSource, options: HTTPOptions) {
    self.source = source
    self.options = options
    slots = Slots(options.connections)
    var configuration = HTTPClient.Configuration(
      // Followed here: credentials are for one server, and nothing leads away from https.
      redirectConfiguration: .disallow,
      timeout: .init(connect: options.connectTimeout.amount, read: options.idleTimeout.amount))
    configuration.httpVersion = .http1Only
    // A connection that fails is an attempt that fails, at once.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = options.connections
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  deinit {
    // A client has to be told; one that was, says so.
    Task { [client] in try? await client.shutdown() }
  }

  /// Ends all requests and connections.
  func end() async { try? await client.shutdown() }

  /// Asks for `url`, and gives `take` a response of status 200, 206 or 304. Others are failures.
  func get<Value>(
    _ url: URL, _ headers: [(String, String)], _ take: (HTTPClientResponse) async throws -> Value
  ) async throws -> Value {
    try await slots.take()
    defer { slots.give() }
    do {
      var target = url
      for _ in 0...Self.mostRedirections {
        let response = try await client.execute(try request(target, headers), deadline: .distantFuture)
        guard let next = try await redirection(response, target) else {
          try await check(response, url)
          return try await take(response)
        }
        target = next
      }
      throw Failure(error: .unavailable("\(HTTPSource.shown(url)) leads to one URL after the other"))
    } catch {
      throw Self.failure(error, url)
    }
  }

  private func request(_ url: URL, _ headers: [(String, String)]) throws(Failure) -> HTTPClientRequest {
    // The client would ask for `/`.
    if url.path.isEmpty, !url.path(percentEncoded: true).isEmpty {
      throw Failure(error: .unsupported("\(HTTPSource.shown(url)) has a path that is not UTF-8"))
    }
    var request = HTTPClientRequest(url: url.absoluteString)
    // What is hashed is what comes: nothing that would have to be unpacked.
    request.headers = HTTPHeaders(headers + [("Accept-Encoding", "identity"), ("User-Agent", "projfs")])
    if let authorization = source.authorization, source.hasSameOrigin(as: url) {
      request.headers.add(name: "Authorization", value: authorization)
    }
    return request
  }

  /// Where a response sends to; nil where it is one to take.
  private func redirection(_ response: HTTPClientResponse, _ url: URL) async throws -> URL? {
    guard [301, 302, 303, 307, 308].contains(response.status.code),
      let location = response.headers.first(name: "Location")
    else { return nil }
    await Self.drain(response)
    return try Self.target(of: location, from: url)
  }

  /// Where a redirection leads.
  static func target(of location: String, from url: URL) throws(Failure) -> URL {
    guard let next = HTTPSource.resolve(location, from: url) else {
      throw Failure(error: .unavailable("\(HTTPSource.shown(url)) leads to what is no URL of http or https"))
    }
    if url.scheme?.lowercased() == "https", next.scheme?.lowercased() == "http" {
      throw Failure(error: .denied("\(HTTPSource.shown(url)) leads away from https"))
    }
    return next
  }

  /// Reads the little that comes with a response that is of no use, so that its connection can be used again.
  private static func drain(_ response: HTTPClientResponse) async {
    _ = try? await response.body.collect(upTo: 16 * 1024)
  }

  private func check(_ response: HTTPClientResponse, _ url: URL) async throws {
    let status = Int(response.status.code)
    if let encoding = response.headers.first(name: "Content-Encoding"), encoding.lowercased() != "identity",
      status == 200 || status == 206
    {
      throw Failure(error: .unsupported("\(HTTPSource.shown(url)) comes encoded as \(encoding.prefix(20))"))
    }
    if [200, 206, 304].contains(status) { return }
    await Self.drain(response)
    let what = "\(HTTPSource.shown(url)): HTTP status \(status)"
    throw switch status {
    case 429, 503:
      Failure(
        error: .unavailable(what), isTransient: true,
        retryAfter: response.headers.first(name: "Retry-After").flatMap(Self.duration))
    case 501, 505: Failure(error: .unavailable(what))
    case 500...: Failure(error: .unavailable(what), isTransient: true)
    case 404, 410: Failure(error: .missing(what))
    case 401, 403, 407, 451: Failure(error: .denied(what))
    default: Failure(error: .unavailable(what))
    }
  }

  /// What an error of the client or of `take` means.
  private static func failure(_ error: any Error, _ url: URL) -> any Error {
    if Task.isCancelled { return CancellationError() }
    if error is Failure || error is CancellationError { return error }
    // Of the sink, or what came was not as it should be.
    if let error = error as? ProviderError { return Failure(error: error) }
    let what = "\(HTTPSource.shown(url)): \(error)"
    // The next attempt would be shown the same certificate.
    if let distrust = Distrust(error) {
      return Failure(error: .unavailable("\(HTTPSource.shown(url)): \(distrust.reason)"))
    }
    if let error = error as? HTTPClientError {
      let isFinal = [.invalidURL, .emptyHost, .emptyScheme, .alreadyShutdown].contains(error)
      return Failure(error: .unavailable(what), isTransient: !isFinal)
    }
    return Failure(error: .unavailable(what), isTransient: true)
  }

  /// Runs attempts until one succeeds or nothing is to be hoped for. `hasProgressed` says whether the last one got on.
  func retrying<Value>(
    _ attempt: () async throws -> Value, hasProgressed: () -> Bool = { false }
  ) async throws -> Value {
    var failures = 0
    while true {
      do {
        return try await attempt()
      } catch let failure as Failure {
        failures = hasProgressed() ? 1 : failures + 1
        guard failure.isTransient, failures < options.attempts else { throw failure.error }
        let doubled = options.backOff * (1 << min(failures - 1, 20))
        var wait = min(doubled, options.longestBackOff) * Double.random(in: 0.5...1)
        if let retryAfter = failure.retryAfter {
          guard retryAfter <= options.longestRetryAfter else { throw failure.error }
          wait = max(wait, retryAfter)
        }
        try await Task.sleep(for: wait)
      }
    }
  }

  /// The value of `Retry-After`: seconds, or a date.
  static func duration(_ text: String) -> Duration? {
    if let seconds = Int64(text), seconds >= 0, seconds < 1 << 31 { return .seconds(seconds) }
    // `Sun, 06 Nov 1994 08:49:37 GMT`; the older forms of dates are not sent any more.
    let words = text.split { $0 == " " || $0 == ":" }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 8, words[7] == "GMT", let month = months.firstIndex(of: String(words[2])),
      let day = Int32(words[1]), let year = Int32(words[3]), (1900...9999).contains(year), let hour = Int32(words[4]),
      let minute = Int32(words[5]), let second = Int32(words[6]),
      (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    var moment = tm()
    (moment.tm_year, moment.tm_mon, moment.tm_mday) = (year - 1900, Int32(month), day)
    (moment.tm_hour, moment.tm_min, moment.tm_sec) = (hour, minute, second)
    return .seconds(max(0, Int64(timegm(&moment)) - Int64(time(nil))))
  }
}

extension Duration {
  /// The same for the network library.
  fileprivate var amount: TimeAmount {
    let (seconds, attoseconds) = components
    return .milliseconds(min(max(0, seconds), 1 << 31) * 1000 + attoseconds / 1_000_000_000_000_000)
  }
}
