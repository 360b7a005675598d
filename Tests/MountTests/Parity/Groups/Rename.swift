extension ScenarioGroup {
  /// rename(2) and renameat(2), where they do what they are asked.
  static let rename = ScenarioGroup(
    name: "rename",
    script: """
      scenario rename a file to a new name
      ino file before
      rename file new
      ino new after
      same before after
      cat new
      stat file
      stat new type,mode,nlink,size,uid,gid
      list .

      scenario rename a file into another directory
      ino file before
      rename file dir/new
      ino dir/new after
      same before after
      cat dir/new
      stat file
      list .
      list dir

      scenario rename a file onto another
      ino dir/inner before
      rename file dir/inner
      ino dir/inner after
      same before after
      cat dir/inner
      stat file
      list dir
      list .

      scenario rename a file onto itself
      rename file file
      rename file ./file
      rename dir/inner dir/sub/../inner
      cat file

      scenario rename a file onto its other hard link does nothing
      link file other-name
      rename file other-name
      stat file nlink
      stat other-name nlink
      list .

      scenario rename a file and back
      rename file new
      rename new file
      cat file
      list .

      scenario rename a new file onto a file
      put new 0600 newer
      rename new file
      cat file
      stat file mode,nlink,size
      list .

      scenario rename a file that was changed
      chmod file 0640
      open file O_WRONLY -> h
      write h FIRST
      close h
      rename file new
      cat new
      stat new mode,size
      put file 0644 another
      cat file
      cat new

      scenario rename an empty directory
      mkdir new 0700
      ino new before
      rename new newer
      ino newer after
      same before after
      stat newer mode,nlink
      stat new

      scenario rename a directory with what is in it
      ino dir before
      ino dir/sub/deep deep-before
      rename dir moved
      ino moved after
      ino moved/sub/deep deep-after
      same before after
      same deep-before deep-after
      list moved
      list moved/sub
      cat moved/inner
      cat moved/sub/deep
      stat dir
      cat to-dir/inner

      scenario rename a directory into another
      rename dir other/dir
      list other
      cat other/dir/sub/deep
      list .

      scenario the parent of a directory that is renamed
      ino . home
      rename dir/sub moved
      ino moved/.. parent
      same home parent
      rename moved other/moved
      ino other other
      ino other/moved/.. parent-now
      same other parent-now
      list other/moved

      scenario rename a directory onto an empty one
      mkdir empty-dir 0700
      ino dir before
      rename dir empty-dir
      ino empty-dir after
      same before after
      stat empty-dir mode
      list empty-dir
      stat dir

      scenario rename a directory onto one that was emptied
      unlink other/kept
      rename dir other
      list other
      list .
      cat other/inner

      scenario rename a directory twice, and use the old name again
      rename dir one
      mkdir dir 0755
      put dir/inner 0644 another
      rename one two
      list two
      list dir
      cat dir/inner
      cat two/inner

      scenario rename what is in a renamed directory
      rename dir moved
      rename moved/inner moved/outer
      rename moved/sub sub
      list moved
      list sub
      cat sub/deep
      cat moved/outer
      rename moved dir
      list dir

      scenario rename a symbolic link
      ino link before
      rename link new
      ino new after
      same before after
      readlink new
      lstat new type,mode,size
      lstat link
      cat new

      scenario rename a file onto a symbolic link
      rename file link
      lstat link type,size
      cat link
      lstat file

      scenario rename a symbolic link onto a file
      rename dangling file
      readlink file
      lstat dangling

      scenario rename a symbolic link onto what it points to
      rename link file
      readlink file
      stat file

      scenario rename a link to a directory onto a file
      rename to-dir file
      lstat file type
      cat file/inner

      scenario rename nodes of all kinds
      mkfifo fifo 0644
      mknod socket socket 0600
      mknod device char:1:3 0666
      each fifo,socket,device rename {} new-{}
      each new-fifo,new-socket,new-device lstat {} type,mode
      rename new-fifo new-socket
      rename new-socket file
      lstat file type
      list .

      scenario link counts of directories when one moves
      mkdir one 0755
      mkdir two 0755
      mkdir one/moving 0755
      each one,two stat {} nlink
      rename one/moving two/moving
      each one,two stat {} nlink
      rename two two-now
      stat two-now nlink
      mkdir one/place 0755
      rename two-now/moving one/place
      each one,two-now stat {} nlink

      scenario relative to open directories
      open dir O_RDONLY,O_DIRECTORY -> from
      open other O_RDONLY,O_DIRECTORY -> to
      at from,to rename inner outer
      list dir
      list other
      at to,from rename outer inner
      list dir

      scenario names of 255 bytes, and of any bytes
      rename file @name255
      cat @name255
      rename @name255 %01%7f%80%ff%20%0a%5c%2a
      list .
      rename %01%7f%80%ff%20%0a%5c%2a dir/%c3%a4
      list dir

      scenario a working directory that moves
      chdir dir/sub
      rename ../../dir ../../moved
      getcwd
      cat deep
      ino .. parent
      chdir ..
      getcwd
      list .
      put new 0644 new
      list ../moved

      """)
}
