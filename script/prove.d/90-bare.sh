# A bare Debian 12 root with nothing of ours: script/serve to a usable page, then script/test; both times.
# The mirror is taken from this machine's own apt sources at run time.
. "$(dirname "$0")/common.bash"
[ "$(id -u)" = 0 ] || skip "needs root"
sources=/etc/apt/sources.list.d/debian.sources
if [ -f $sources ]; then mirror=$(awk '/^URIs:/ { print $2; exit }' $sources); else mirror=$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z+]+:\/\//) { print $i; exit } }' /etc/apt/sources.list); fi
[ -n "$mirror" ] || die "no mirror in this machine's apt sources"
root=$(mktemp -d "${MACHIYA_BARE:-/var/tmp}/machiya-bare.XXXXXX")
serving=""
finish() {
  [ -z "$serving" ] || { kill -TERM "$serving" 2>/dev/null || true; wait "$serving" 2>/dev/null || true; }
  umount "$root/proc" 2>/dev/null || true
  umount -R "$root/dev" 2>/dev/null || umount -l "$root/dev" 2>/dev/null || true
  mountpoint -q "$root/dev" || mountpoint -q "$root/proc" || rm -rf --one-file-system "$root"
}
trap finish EXIT
chmod 755 "$root"
start=$SECONDS
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >"$ROOT/build/bare.debootstrap.log" 2>&1 || { tail -n 20 "$ROOT/build/bare.debootstrap.log"; die "debootstrap failed"; }
if [ -f $sources ]; then cp $sources "$root/etc/apt/sources.list.d/"; rm -f "$root/etc/apt/sources.list"; else cp /etc/apt/sources.list "$root/etc/apt/"; fi
find /etc/apt/apt.conf.d -name '99*' -exec cp {} "$root/etc/apt/apt.conf.d/" \;
cp /etc/resolv.conf /etc/hosts "$root/etc/"
for file in /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc "$HOME/.npmrc"; do [ ! -f "$file" ] || install -D -m 600 "$file" "$root$file"; done
find /usr/local/share/ca-certificates -name '*.crt' -exec cp {} "$root/usr/local/share/ca-certificates/" \;
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"; chmod 755 "$root/usr/sbin/policy-rc.d"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
echo "bare root: $((SECONDS - start)) s, $(du -sxm "$root" | cut -f1) MB"
git clone -q "$ROOT" "$root/srv/machiya" || die "the clone failed"
inside() { chroot "$root" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
inside update-ca-certificates >/dev/null 2>&1 || true
port=0
for candidate in $(shuf -i 8500-8599); do (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null || { port=$candidate; break; }; done
start=$SECONDS
inside /srv/machiya/script/serve --listen "127.0.0.1:$port" --quiet >build/bare.serve.log 2>&1 & serving=$!
until curl -sf -o build/bare.page "http://127.0.0.1:$port/"; do
  kill -0 $serving 2>/dev/null || { serving=""; tail -n 40 build/bare.serve.log; die "script/serve ended"; }
  [ $((SECONDS - start)) -lt 3600 ] || die "no page after an hour"
  sleep 1
done
grep -q '<h1' build/bare.page || die "the front page is no page"
echo "script/serve to a usable page: $((SECONDS - start)) s"
kill -TERM $serving; wait $serving || true; serving=""
start=$SECONDS
inside /srv/machiya/script/test >build/bare.test.log 2>&1 || { tail -n 60 build/bare.test.log; die "script/test is not green"; }
echo "script/test: $((SECONDS - start)) s, $(tail -n 1 build/bare.test.log)"
