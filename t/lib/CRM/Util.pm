package CRM::Util;

# Small things that several test files need; knows nothing of servers.

use strict;
use warnings;

use B ();
use Exporter qw(import);
use IO::Select;
use POSIX qw(strftime);
use Time::HiRes qw(time);

our @EXPORT_OK = qw(ids outcomes pick kind_of instant fault_list raw_parts
                    whole $INSTANT);

# an instant as the API writes it
our $INSTANT = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/;


# the ids of a list's answer, in its order

sub ids {
    my ($res) = @_;

    my $json = $res->json;

    return ref $json eq 'HASH' && ref $json->{data} eq 'ARRAY'
           ? [ map { $_->{id} } @{ $json->{data} } ]
           : undef;
}


# what came of each record of a bulk change: "7 200", "8 not_found"

sub outcomes {
    my ($res) = @_;

    my $json = $res->json;

    return [ $res->describe ] if ref $json ne 'HASH' || !$json->{results};

    return [ map { "$_->{id} " . ($_->{code} // $_->{status}) }
             @{ $json->{results} } ];
}


# some members of an object

sub pick {
    my ($object, @names) = @_;

    return { map { $_ => ref $object eq 'HASH' ? $object->{$_} : undef }
             @names };
}


# the JSON type of a decoded value that nobody has used yet

sub kind_of {
    my ($value) = @_;

    return 'null' if !defined $value;
    return { ARRAY => 'array', HASH => 'object' }->{ ref $value } // 'boolean'
        if ref $value;

    return B::svref_2object(\$value)->FLAGS & B::SVf_POK ? 'string'
                                                         : 'number';
}


# now, or so many seconds from it, as the API writes instants

sub instant {
    my ($seconds) = @_;

    my $ms = int((time + ($seconds // 0)) * 1000);

    return strftime('%Y-%m-%dT%H:%M:%S', gmtime int($ms / 1000))
           . sprintf('.%03dZ', $ms % 1000);
}


# the faults of a problem, "field: code", sorted

sub fault_list {
    my ($res) = @_;

    my $json = $res->json;

    return [ sort map { "$_->{field}: $_->{code}" }
             @{ ref $json eq 'HASH' ? $json->{errors} // [] : [] } ];
}


# One answer from a socket.  After an early one nginx lingers for what is still
# being sent; whoever reads to the end of the connection waits for that.

sub whole {
    my ($socket, $seconds) = @_;

    my $select = IO::Select->new($socket);
    my $answer = '';

    while ($select->can_read($seconds // 5)) {
        sysread $socket, $answer, 65536, length $answer or last;

        last if $answer =~ /\r\n\r\n/
                && substr($answer, 0, $-[0]) =~ /^Content-Length: (\d+)/mi
                && length($answer) - index($answer, "\r\n\r\n") - 4 >= $1;
    }

    return $answer;
}


# status, headers (lower case) and body of what raw() returned

sub raw_parts {
    my ($answer) = @_;

    my ($head, $body) = split /\r\n\r\n/, $answer // '', 2;
    my ($status_line, @lines) = split /\r\n/, $head // '';
    my ($status) = ($status_line // '') =~ m{^HTTP/1\.[01] (\d{3})};

    my %headers;

    for my $line (@lines) {
        my ($name, $value) = split /:\s*/, $line, 2;
        $headers{ lc $name } = $value;
    }

    return ($status // 0, \%headers, $body // '');
}


1;
