/// What every scenario finds in its directory.
///
/// In a new directory these calls make it; a projected one has it from a repository of what they made elsewhere. What
/// `@id` stands for differs between scenarios, so that no file's content is in the content store by way of another's.
enum StartTree {
  static let script = """
    prelude
    put file 0644 first%20line%0a @id %0a second%20line%0a
    put empty 0644
    put big 0644 @id @fill70000:a @id @fill70000:b
    put tool 0755 #!/bin/sh%0a#%20 @id %0aexit%203%0a
    symlink file link
    symlink nowhere dangling
    symlink dir to-dir
    mkdir dir 0755
    put dir/inner 0644 inner%20 @id
    mkdir dir/sub 0755
    put dir/sub/deep 0644 deep%20 @id
    mkdir other 0755
    put other/kept 0644 kept%20 @id

    """
}
