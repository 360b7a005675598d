import Projection
import Provider
import SystemPackage
import Testing

@testable import FuseTransport

@Suite struct ErrnoMappingTests {
  @Test(
    "A failure of the core is the number that the manual pages promise",
    arguments: [
      (.notFound, .noSuchFileOrDirectory), (.stale, .staleNFSFileHandle), (.notADirectory, .notDirectory),
      (.isADirectory, .isDirectory), (.notASymbolicLink, .invalidArgument), (.nameTooLong, .fileNameTooLong),
      (.invalid, .invalidArgument), (.readOnly, .readOnlyFileSystem), (.interrupted, .interrupted),
      (.exists, .fileExists), (.notEmpty, .directoryNotEmpty), (.notPermitted, .notPermitted),
      (.notSupported, .notSupportedOnSocket), (.noAttribute, .noData), (.outOfRange, .outOfRange),
      (.noSuchOffset, .noSuchAddressOrDevice),
    ] as [(ProjectionError, Errno)])
  func core(error: ProjectionError, number: Errno) {
    #expect(error.errno == number)
  }

  @Test(
    "A failure of the provider is an input/output error, unless the caller can do something about it",
    arguments: [
      (.missing("x"), .ioError), (.damaged("x"), .ioError), (.unavailable("x"), .ioError),
      (.unsupported("x"), .ioError), (.wrongSize("x"), .ioError), (.denied("x"), .permissionDenied),
      (.system(.noSpace, "x"), .noSpace), (.system(.diskQuotaExceeded, "x"), .diskQuotaExceeded),
      (.system(.noMemory, "x"), .noMemory), (.system(.timedOut, "x"), .timedOut),
      (.system(.permissionDenied, "x"), .permissionDenied),
      (.system(.noSuchFileOrDirectory, "x"), .ioError), (.system(.badFileDescriptor, "x"), .ioError),
      (.system(.interrupted, "x"), .ioError),
    ] as [(ProviderError, Errno)])
  func provider(error: ProviderError, number: Errno) {
    #expect(ProjectionError.provider(error).errno == number)
  }

  @Test("A failure of the content store is an input/output error, unless the caller can do something about it")
  func storage() {
    let passed: Set<Errno> = [.noSpace, .diskQuotaExceeded, .noMemory, .readOnlyFileSystem, .tooManyOpenFilesInSystem]
    for number in 1...133 as ClosedRange<CInt> {
      let error = Errno(rawValue: number)
      #expect(ProjectionError.storage(error).errno == (passed.contains(error) ? error : .ioError))
    }
  }

  @Test("What the disk of the local tree says is the caller's word for word")
  func local() {
    for number in 1...133 as ClosedRange<CInt> {
      #expect(ProjectionError.local(Errno(rawValue: number)).errno == Errno(rawValue: number))
    }
  }

  @Test("What is thrown below the core keeps its meaning on the way up")
  func conversion() {
    struct Unknown: Error {}
    for (error, expected) in [
      (ProjectionError.stale, .stale), (ProviderError.denied("x"), .provider(.denied("x"))),
      (Errno.noSpace, .storage(.noSpace)), (CancellationError(), .interrupted),
    ] as [(any Error, ProjectionError)] {
      #expect(ProjectionError(error) == expected)
    }
    #expect(ProjectionError(Unknown()).errno == .ioError)
  }
}
