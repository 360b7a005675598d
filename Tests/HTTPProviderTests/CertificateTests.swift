internal import FoundationEssentials
internal import Logging
internal import NIOSSL
internal import Provider
internal import Testing

@testable import HTTPProvider

/// Servers that are not believed to be who was asked for.
@Suite("HTTP certificates")
struct CertificateTests {
  /// How a question that a server is asked once ends.
  private func failure(of url: String) async throws -> Transport.Failure? {
    let transport = Transport(source: try HTTPSource(url), options: quick)
    defer { Task { await transport.end() } }
    do {
      try await transport.get(transport.source.url, []) { _ in }
      return nil
    } catch let failure as Transport.Failure {
      return failure
    }
  }

  @Test("A certificate that nobody vouches for is a failure at once, which says so")
  func untrusted() async throws {
    let server = try await Server.startSecure()
    let url = "https://127.0.0.1:\(server.port)/manifest.json"
    let failure = try #require(try await failure(of: url))
    #expect(!failure.isTransient)
    #expect(failure.error.description.contains("\(url): the server's certificate is not trusted"), "\(failure.error)")
    var options = quick
    // Whoever waited for another attempt would wait for ever.
    options.backOff = .seconds(1 << 30)
    options.longestBackOff = options.backOff
    await #expect {
      _ = try await HTTPContent(source: url, options: options, logger: Logger(label: "test"))
    } throws: { error in
      guard case .unreachable(let what) = error as? HTTPError else { return false }
      return what.contains("certificate is not trusted") && what.contains("update-ca-certificates")
    }
  }

  @Test("A server that does not answer, or speaks no TLS, may do better next time")
  func others() async throws {
    let server = try await Server.start()
    #expect(try await failure(of: "https://127.0.0.1:\(server.port)/x")?.isTransient == true)
    // Of a service that nobody offers any more (tcpmux).
    #expect(try await failure(of: "https://127.0.0.1:1/x")?.isTransient == true)
  }

  @Test("What is wrong with a certificate is told from what is wrong with a connection")
  func classification() {
    for error in [
      NIOSSLError.noCertificateToValidate, NIOSSLError.unableToValidateCertificate,
      NIOSSLExtraError.failedToValidateHostname, NIOSSLExtraError.serverHostnameImpossibleToMatch,
    ] as [any Error] {
      #expect(Distrust(error)?.reason.contains("certificate") == true, "\(error)")
    }
    for error in [
      NIOSSLError.handshakeFailed(.sslError([.eofDuringHandshake])), NIOSSLError.handshakeFailed(.syscallError),
      NIOSSLError.uncleanShutdown, NIOSSLExtraError.invalidSNIHostname, ProviderError.unavailable("certificate"),
      CancellationError(),
    ] as [any Error] {
      #expect(Distrust(error) == nil, "\(error)")
    }
  }
}
