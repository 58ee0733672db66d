package CRM::Model;

# A tenant's records as plain Perl data: what api.md and semantics.md say,
# in the simplest way that can be written down, for comparison with the
# server.  Opportunities only, without contacts and activities.
#
# stages and teams are lists of objects as the API returns them; leads are
# hashes by id; a column's order is a list of ids from top to bottom.

use strict;
use warnings;


sub new {
    my ($class, %self) = @_;

    return bless { leads => {}, order => {}, %self }, $class;
}


sub lead  { return $_[0]{leads}{ $_[1] } }
sub count { return scalar keys %{ $_[0]{leads} } }
sub ids   { return sort { $a <=> $b } keys %{ $_[0]{leads} } }


# ---- stages --------------------------------------------------------------

# shared stages and the team's, in order

sub stages {
    my ($self, $team) = @_;

    return grep { !defined $_->{team_id}
                  || (defined $team && $_->{team_id} == $team) }
           sort { $a->{sequence} <=> $b->{sequence} || $a->{id} <=> $b->{id} }
           @{ $self->{stages} };
}


sub stage {
    my ($self, $id) = @_;

    return (grep { $_->{id} == $id } @{ $self->{stages} })[0];
}


sub first_stage {
    my ($self, $team) = @_;

    return (grep { !$_->{fold} } $self->stages($team))[0]{id};
}


sub fits {
    my ($self, $stage, $team) = @_;

    return scalar grep { $_->{id} == $stage } $self->stages($team);
}


# the won stage that comes next, else the last one

sub won_stage {
    my ($self, $lead) = @_;

    my @stages = $self->stages($lead->{team_id});
    my ($here) = grep { $stages[$_]{id} == $lead->{stage_id} } 0 .. $#stages;
    my @won    = grep { $stages[$_]{is_won} } 0 .. $#stages;
    my ($next) = grep { $_ > $here } @won;

    return $stages[ $next // $won[-1] ]{id};
}


# the first team in which the user is, else the first

sub team_of {
    my ($self, $user) = @_;

    my @teams = sort { $a->{id} <=> $b->{id} } @{ $self->{teams} };

    for my $team (@teams) {
        return $team->{id}
            if defined $user
               && grep { defined && $_ == $user }
                       $team->{user_id}, @{ $team->{member_ids} };
    }

    return $teams[0]{id};
}


# ---- what happens to a record --------------------------------------------

# Each returns the expected status, having done it if that is 2xx.

sub create {
    my ($self, $id, %body) = @_;

    my $user = exists $body{user_id} ? $body{user_id} : $self->{me};
    my $team = $body{team_id} // $self->team_of($user);

    my $lead = $self->{leads}{$id} = {
        id => $id, type => 'opportunity', state => 'open', active => 1,
        priority => 0, expected_revenue => undef, tag_ids => [],
        city => undef, lost_reason_id => undef, version => 1,
        %body, user_id => $user, team_id => $team,
        stage_id => $body{stage_id} // $self->first_stage($team),
        probability_mode => exists $body{probability} ? 'manual' : 'auto',
    };

    $self->enter($lead);

    return 201;
}


sub patch {
    my ($self, $id, %body) = @_;

    my $lead  = $self->{leads}{$id};
    my %after = (%$lead, %body);
    my $stage = $lead->{stage_id};

    if (exists $body{stage_id}) {
        return 422 if !$self->fits($after{stage_id}, $after{team_id});
    } elsif (!$self->fits($stage, $after{team_id})) {
        $after{stage_id} = $self->first_stage($after{team_id});
    }

    my $won = $after{stage_id} == $stage
              ? $lead->{state} eq 'won'
              : $self->stage($after{stage_id})->{is_won};

    return 409 if exists $body{probability} && $won
                  && $body{probability} != 100;

    my $before = version_of($lead);

    %$lead = %after;
    $self->settle($lead, $stage);

    # a probability in the same request is a choice, also where it reopens
    @$lead{qw(probability probability_mode)} = ($body{probability}, 'manual')
        if exists $body{probability} && $lead->{state} eq 'open';

    $lead->{version}++ if version_of($lead) ne $before;

    return 200;
}


# a place among the others of the column: [before_id | after_id => id]

sub move {
    my ($self, $id, $stage, $side, $other) = @_;

    my $lead = $self->{leads}{$id};

    return 422 if !$self->fits($stage, $lead->{team_id});

    if (defined $other) {
        my $neighbour = $self->{leads}{$other};

        return 422 if $other == $id || !$neighbour
                      || !$neighbour->{active}
                      || $neighbour->{stage_id} != $stage;
    }

    my $before = version_of($lead);
    my $old    = $lead->{stage_id};

    $lead->{stage_id} = $stage;
    $self->settle($lead, $old);

    if ($lead->{active}) {
        $self->place($lead, $side, $other);
    }

    $lead->{version}++ if version_of($lead) ne $before;

    return 200;
}


sub won {
    my ($self, $id) = @_;

    my $lead = $self->{leads}{$id};

    return 409 if $lead->{state} eq 'won';

    my $old = $lead->{stage_id};

    $lead->{stage_id} = $self->won_stage($lead);
    $lead->{lost_reason_id} = undef if $lead->{state} eq 'lost';
    $self->settle($lead, $old, 1);
    $lead->{version}++;

    return 200;
}


sub lost {
    my ($self, $id, $reason) = @_;

    my $lead = $self->{leads}{$id};

    return 409 if $lead->{state} ne 'open';

    @$lead{qw(state active probability lost_reason_id)}
        = ('lost', 0, 0, $reason);
    $self->leave($lead);
    $lead->{version}++;

    return 200;
}


# Where it stands afterwards is the server's choice: `place' tells.

sub restore {
    my ($self, $id) = @_;

    my $lead = $self->{leads}{$id};

    return 409 if $lead->{active};

    if ($lead->{state} eq 'lost') {
        @$lead{qw(state lost_reason_id probability_mode probability)}
            = ('open', undef, 'auto',
               $self->stage($lead->{stage_id})->{probability});
    }

    $lead->{active} = 1;
    $lead->{version}++;

    return 200;
}


sub archive {
    my ($self, $id) = @_;

    my $lead = $self->{leads}{$id};

    return 409 if !$lead->{active};

    $lead->{active} = 0;
    $self->leave($lead);
    $lead->{version}++;

    return 200;
}


sub delete {
    my ($self, $id) = @_;

    $self->leave($self->{leads}{$id});
    delete $self->{leads}{$id};

    return 204;
}


# ---- inside --------------------------------------------------------------

# what `version' speaks of

sub version_of {
    my ($lead) = @_;

    return join "\0", map {
        my $v = $lead->{$_};
        ref $v ? "[@$v]" : $v // '(null)'
    } grep { $_ ne 'version' } sort keys %$lead;
}


# state and probability as the stage wants them; old: the stage before

sub settle {
    my ($self, $lead, $old, $revive) = @_;

    my $stage = $self->stage($lead->{stage_id});
    my $moved = $old != $lead->{stage_id};

    if (($moved || $revive) && $stage->{is_won}) {
        $lead->{lost_reason_id} = undef if $lead->{state} eq 'lost';
        @$lead{qw(state active)} = ('won', 1);

    } elsif ($moved && $lead->{state} eq 'won') {
        @$lead{qw(state probability_mode)} = ('open', 'auto');
    }

    if ($lead->{state} eq 'won') {
        $lead->{probability} = 100;
    } elsif ($lead->{state} eq 'lost') {
        $lead->{probability} = 0;
    } elsif ($lead->{probability_mode} eq 'auto') {
        $lead->{probability} = $stage->{probability};
    }

    if ($moved || $revive) {
        $self->leave($lead, $old);
        $self->place($lead) if $lead->{active};
    }
}


sub enter {
    my ($self, $lead) = @_;

    my $stage = $self->stage($lead->{stage_id});

    if ($stage->{is_won}) {
        @$lead{qw(state probability)} = ('won', 100);
    } elsif ($lead->{probability_mode} eq 'auto') {
        $lead->{probability} = $stage->{probability};
    }

    $self->place($lead);
}


sub leave {
    my ($self, $lead, $stage) = @_;

    my $order = $self->{order}{ $stage // $lead->{stage_id} } // [];

    @$order = grep { $_ != $lead->{id} } @$order;
}


# on top, or before or after another

sub place {
    my ($self, $lead, $side, $other) = @_;

    my $order = $self->{order}{ $lead->{stage_id} } //= [];

    @$order = grep { $_ != $lead->{id} } @$order;

    return unshift @$order, $lead->{id} if !defined $other;

    my ($n) = grep { $order->[$_] == $other } 0 .. $#$order;

    splice @$order, $side eq 'before_id' ? $n : $n + 1, 0, $lead->{id};
}


# ---- questions -----------------------------------------------------------

sub order {
    my ($self, $stage, $where) = @_;

    return [ grep { !$where || $where->($self->{leads}{$_}) }
             @{ $self->{order}{$stage} // [] } ];
}


# ids of the records for which a function says yes, ascending

sub filter {
    my ($self, $where) = @_;

    return [ grep { $where->($self->{leads}{$_}) } $self->ids ];
}


# [count, expected revenue, weighted revenue] of a column

sub figures {
    my ($self, $stage, $where) = @_;

    my ($count, $expected, $weighted) = (0, 0, 0);

    for my $id (@{ $self->order($stage, $where) }) {
        my $lead    = $self->{leads}{$id};
        my $revenue = $lead->{expected_revenue} // 0;

        $count++;
        $expected += $revenue;
        $weighted += weighted($revenue, $lead->{probability});
    }

    return [ $count, $expected, $weighted ];
}


# revenue x probability / 100, half away from zero, in integers

sub weighted {
    my ($revenue, $probability) = @_;

    my $product = abs($revenue) * sprintf '%.0f', $probability * 100;
    my $rounded = int(($product + 5000) / 10000);

    return $revenue < 0 ? -$rounded : $rounded;
}


1;
