internal import NIOSSL

/// That a server's certificate does not show that it is the server which was asked for.
struct Distrust {
  /// For people: what is wrong with it, and what helps.
  let reason: String

  /// What an error of the client says of a certificate; nil where it is about something else.
  init?(_ error: any Error) {
    switch error {
    case NIOSSLError.handshakeFailed(.sslError(let stack)) where stack.contains(where: Self.isDistrust):
      reason =
        "the server's certificate is not trusted (\(Self.name)): it has run out, or nobody whom this machine trusts "
        + "vouches for it; update-ca-certificates(8) adds an authority"
    case NIOSSLError.noCertificateToValidate, NIOSSLError.unableToValidateCertificate:
      reason = "the server's certificate cannot be validated"
    case let error as NIOSSLExtraError
    where [.failedToValidateHostname, .serverHostnameImpossibleToMatch].contains(error):
      reason = "the server's certificate is another host's: \(error)"
    default: return nil
    }
  }

  /// How BoringSSL calls it. The library has no number for it that could be asked for.
  private static let name = "CERTIFICATE_VERIFY_FAILED"

  private static func isDistrust(_ error: BoringSSLInternalError) -> Bool { error.description.contains(name) }
}
