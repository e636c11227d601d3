import { useNavigate } from 'react-router';
import { api } from '../../api/api.ts';
import { useSignOutMutation } from '../../api/identity.ts';
import { toApiProblem } from '../../api/problem.ts';
import { useAppDispatch } from '../../store/store.ts';
import { warn } from '../../ui/toasts.ts';
import { useUploads } from '../uploads/UploaderContext.ts';

/** Ends the session and forgets what this page knew. */
export function useSignOut(): () => Promise<void> {
  const [signOut] = useSignOutMutation();
  const dispatch = useAppDispatch();
  const navigate = useNavigate();
  const uploads = useUploads();
  return async () => {
    try {
      await signOut().unwrap();
    } catch (thrown) {
      warn(toApiProblem(thrown).detail);
      return;
    }
    await uploads.stopAll();
    await navigate('/');
    dispatch(api.util.resetApiState());
  };
}
