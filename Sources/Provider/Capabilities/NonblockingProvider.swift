/// A provider whose calls never block the thread that makes them: each answers from memory, or suspends.
///
/// It is called without first seeing to it that another thread is there for the next request, which takes up to 20
/// microseconds. A provider that conforms and blocks all the same holds up everybody.
public protocol NonblockingProvider: ContentProvider {}
