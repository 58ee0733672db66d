package CRM::Bench::Peers;

# Others that do the same work over the same data: OpenResty's Lua module in
# the same nginx, and Node.  One that is not installed is left out, and said.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use Mojo::JSON qw(decode_json);
use Time::HiRes qw(sleep time);

my $TOP = abs_path(dirname(__FILE__) . '/../../../..');
my @LUA = map { "/usr/lib/nginx/modules/$_" }
          qw(ndk_http_module.so ngx_http_lua_module.so);


# lines for nginx.conf

sub modules {
    return has_lua() ? join '', map { "load_module $_;" } @LUA : '';
}


sub has_lua {
    return !grep { !-e } @LUA, '/usr/share/lua/5.1/nginx/redis.lua',
                         '/usr/share/lua/5.1/cjson/util.lua';
}


# Arguments: server, crm, lead (the id that is read).

sub new {
    my ($class, %self) = @_;

    return bless { %self, names => [], missing => [] }, $class;
}


sub names   { return @{ $_[0]{names} } }
sub missing { return @{ $_[0]{missing} } }


# Starts them; reconfigure is called when the server's blocks are complete.

sub start {
    my ($self, $reconfigure) = @_;

    my $server = $self->{server};

    if (has_lua()) {
        push @{ $self->{names} }, 'Lua';
        $self->add_lua;
    } else {
        push @{ $self->{missing} }, 'Lua (lua-nginx-redis, lua-cjson)';
    }

    $reconfigure->();

    if ($self->start_node) {
        push @{ $self->{names} }, 'Node';
    } else {
        push @{ $self->{missing} }, 'Node (node, npm ci in t/bench/node)';
    }

    $self->compare($_) for $self->names;
}


sub add_lua {
    my ($self) = @_;

    my $server = $self->{server};
    my $socket = "$server->{dir}/redis/redis.sock";
    my $slug   = $self->{crm}->slug;

    $server->{http} .= <<"END";
lua_package_path "$TOP/t/bench/lua/?.lua;;";
init_by_lua_block {
    local peer = require "peer"
    peer.socket = "$socket"
    peer.slug = "$slug"
}
END
    $server->{server} .= <<'END';
location ~ ^/lua/leads/([0-9]+)$ {
    content_by_lua_block { require("peer").lead(ngx.var[1]) }
}
location = /lua/leads {
    content_by_lua_block { require("peer").leads() }
}
END
}


sub start_node {
    my ($self) = @_;

    my $build = ($ENV{CRM_BUILD} // "$TOP/build") . '/bench-node';
    my $log   = "$self->{server}{dir}/node.log";

    system("mkdir -p $build && cp $TOP/t/bench/node/* $build/"
           . " && cd $build && (test -d node_modules"
           . " || npm ci --no-audit --no-fund) > $log 2>&1") == 0 or return;

    $self->{port} = CRM::Server::free_port();
    $self->{server}->spawn('node', CRM::Server::bound(), 'node',
        "$build/server.js", $self->{port},
        "$self->{server}{dir}/redis/redis.sock", $self->{crm}->slug);

    my $end = time + 10;

    while (time < $end) {
        return 1 if IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                          PeerPort => $self->{port});
        sleep 0.05;
    }

    return;
}


sub stop {
    my ($self) = @_;

    $self->{server}->end('node', 'TERM') if $self->{server}{pid}{node};
}


sub path {
    my ($self, $peer, $what) = @_;

    return '/' . lc($peer)
           . ($what eq 'lead' ? "/leads/$self->{lead}" : '/leads');
}


# for CRM::Bench::wrk: another port, another process whose time counts

sub options {
    my ($self, $peer) = @_;

    return () if $peer ne 'Node';
    return (port => $self->{port}, nginx => [ $self->{server}{pid}{node} ]);
}


# the same answers as ours, or the comparison is worth nothing

sub compare {
    my ($self, $peer) = @_;

    my $crm = $self->{crm};

    for my $what (qw(lead leads)) {
        my $path = $what eq 'lead' ? "/leads/$self->{lead}" : '/leads?limit=50';
        my $ours = $crm->get($path)->json;
        my $port = { $self->options($peer) }->{port} // $self->{server}->port;
        my $res  = $crm->{ua}->get("http://127.0.0.1:$port"
            . $self->path($peer, $what) => { Authorization =>
                                             'Bearer ' . $crm->token })->res;
        my $theirs = eval { decode_json($res->body) };

        delete $_->{next_cursor} for $ours, $theirs // {};

        # Debian's lua-cjson knows no empty array
        my @texts = map { Mojo::JSON::encode_json($_)
                          =~ s/"tag_ids":\{\}/"tag_ids":[]/gr }
                    $ours, $theirs;

        die "$peer answers differently: $path\n$texts[0]\n$texts[1]\n"
            . substr($res->body, 0, 500) . "\n" if $texts[0] ne $texts[1];
        die "$peer does not look at the token\n"
            if $crm->{ua}->get("http://127.0.0.1:$port"
                . $self->path($peer, $what) => { Authorization =>
                                                 'Bearer x' })->res->code != 401;
    }
}


1;
